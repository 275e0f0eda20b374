# Of a folder its contents are copied, not the folder.
FROM busybox
COPY folder /copied/
