# ADD unpacks what xz compressed.
FROM busybox
ADD packed.tar.xz /unpacked/
