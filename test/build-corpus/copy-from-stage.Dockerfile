# --from takes a stage by name, in any case; owners and modes are kept.
FROM busybox AS Builder
RUN mkdir /made && echo a > /made/a && chown 5:6 /made/a && chmod 4711 /made/a && ln -s a /made/b
FROM busybox
COPY --from=builder /made /copied
