# A change of mode or owner alone is a change.
FROM busybox
RUN chmod 600 /etc/passwd && chown 1000:29 /etc/group
