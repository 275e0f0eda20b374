# COPY replaces a file, and merges folders.
FROM busybox
RUN mkdir -p /copied/deep && echo old > /copied/a && echo kept > /copied/deep/kept
COPY folder /copied
