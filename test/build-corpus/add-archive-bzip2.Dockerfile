# ADD unpacks an archive by its content, whatever it is called.
FROM busybox
ADD packed.bz2 /unpacked/
