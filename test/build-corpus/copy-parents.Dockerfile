# --parents keeps the folders of the sources.
FROM busybox
COPY --parents folder/deep/c.txt wild/*.md /copied/
