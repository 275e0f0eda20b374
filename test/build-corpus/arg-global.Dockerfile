# An ARG above FROM has to be declared again in the stage.
ARG A=1
ARG B=2
FROM busybox
ARG A
RUN echo "[$A][$B]" > /values
