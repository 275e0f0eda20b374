# WORKDIR makes the folder.
FROM busybox
WORKDIR /work/deep
RUN pwd > out
