# A destination that does not begin with / is in WORKDIR.
FROM busybox
WORKDIR /work
COPY file ./
COPY script bin/run
