# --chown of ADD is for files, in an archive too.
FROM busybox
ADD --chown=1000:29 file packed.tar /added/
