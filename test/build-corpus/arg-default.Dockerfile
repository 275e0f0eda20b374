# The default of an ARG is its value, and RUN sees it.
FROM busybox
ARG WHO=you
RUN echo "$WHO" > /who
