# Links in a folder stay links; one that is named is followed.
FROM busybox
COPY links /copied/
COPY links/to-file /followed
