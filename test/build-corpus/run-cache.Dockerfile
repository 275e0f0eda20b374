# What is in a cache is not in the image.
FROM busybox
RUN --mount=type=cache,target=/var/cache/it echo cached > /var/cache/it/file && cat /var/cache/it/file > /read
RUN ls /var > /listed
