# NONE switches that of the base off.
FROM busybox
HEALTHCHECK NONE
