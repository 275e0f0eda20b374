# One instruction sees the values from before it.
FROM busybox
ENV A=hello
ENV A=bye B=$A
ENV C=$A
