# Several sources need a folder as destination.
FROM busybox
COPY file script folder/a /copied/
