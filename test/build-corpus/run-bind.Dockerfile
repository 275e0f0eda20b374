# A bind mount shows the context, and leaves nothing.
FROM busybox
RUN --mount=type=bind,target=/context cat /context/file > /read
