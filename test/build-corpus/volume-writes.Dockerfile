# What RUN writes below a volume is kept, as BuildKit does.
FROM busybox
VOLUME /data
RUN mkdir -p /data && echo a > /data/a
