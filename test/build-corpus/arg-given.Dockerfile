# What the person gives wins over the default; --build-arg WHO=me
FROM busybox
ARG WHO=you
RUN echo "$WHO" > /who
