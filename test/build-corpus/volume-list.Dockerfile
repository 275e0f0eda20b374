# Several folders; nothing is made.
FROM busybox
VOLUME /data /other
