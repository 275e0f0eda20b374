# A stage that nobody needs is not built.
FROM busybox AS broken
RUN exit 1
FROM busybox
ENV FINE=yes
