# ENTRYPOINT resets the CMD of the base image.
FROM busybox
ENTRYPOINT ["cat"]
