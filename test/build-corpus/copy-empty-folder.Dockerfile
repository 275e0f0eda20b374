# An empty folder is copied as one.
FROM busybox
COPY empty /copied/
