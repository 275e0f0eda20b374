# A file that is only called like an archive is copied.
FROM busybox
ADD text.tar.gz /added/
