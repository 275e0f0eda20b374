# The list form.
FROM busybox
HEALTHCHECK CMD ["true"]
