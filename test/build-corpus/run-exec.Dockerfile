# A list runs without a shell.
FROM busybox
RUN ["touch", "/a b", "/$HOME"]
