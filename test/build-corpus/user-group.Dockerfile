# A user and a group.
FROM busybox
ENV GROUP=audio
USER app:$GROUP
