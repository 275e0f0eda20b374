# --exclude leaves out what fits.
FROM busybox
COPY --exclude=*.txt --exclude=a folder /copied/
