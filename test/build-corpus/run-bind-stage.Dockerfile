# A bind mount shows a stage.
FROM busybox AS made
RUN echo made > /made
FROM busybox
RUN --mount=type=bind,from=made,source=/made,target=/mnt/made cat /mnt/made > /read
