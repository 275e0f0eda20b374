# --unpack=false copies the archive itself.
FROM busybox
ADD --unpack=false packed.tar /added/
