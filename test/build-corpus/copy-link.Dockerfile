# --link copies without looking at what is below.
FROM busybox
COPY --link file /copied/here/
