# setuid, setgid and sticky bits are kept.
FROM busybox
RUN touch /u /g && mkdir /t && chmod 4755 /u && chmod 2755 /g && chmod 1777 /t
