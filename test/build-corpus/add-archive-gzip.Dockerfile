# ADD unpacks an archive; owners and modes are those in the archive.
FROM busybox
ADD packed.tar.gz /unpacked
