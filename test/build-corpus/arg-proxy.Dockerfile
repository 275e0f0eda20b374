# A proxy needs no ARG; --build-arg HTTP_PROXY=http://proxy
FROM busybox
RUN echo "$HTTP_PROXY" > /proxy
