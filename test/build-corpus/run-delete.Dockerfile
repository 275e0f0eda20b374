# Files of the base can be removed.
FROM busybox
RUN rm -r /var/log /etc/group
