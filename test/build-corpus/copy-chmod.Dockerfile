# --chmod sets the mode of files and folders.
FROM busybox
COPY --chmod=640 file folder /copied/
