# Modes are kept, owners are root's.
FROM busybox
COPY file script private /copied/
