# The folder is the USER's.
FROM busybox
USER app
WORKDIR /work/deep
