# --chown takes names of the image.
FROM busybox
COPY --chown=app:audio file folder /copied/
