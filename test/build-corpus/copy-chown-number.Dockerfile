# --chown takes numbers; the group is the same without one.
FROM busybox
COPY --chown=1234 file /copied/
