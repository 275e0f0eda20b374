# Without a slash at its end the destination is the file.
FROM busybox
COPY file /copied/renamed
