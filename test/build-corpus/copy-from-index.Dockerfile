# --from takes the number of a stage.
FROM busybox
RUN echo made > /made
FROM busybox
COPY --from=0 /made /copied
