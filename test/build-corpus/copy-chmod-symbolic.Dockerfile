# --chmod takes words.
FROM busybox
COPY --chmod=u=rwX,go-rwx file folder /copied/
