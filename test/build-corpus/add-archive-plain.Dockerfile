# ADD unpacks an archive that is not compressed.
FROM busybox
ADD packed.tar /unpacked
