# Variables stand in sources and destination.
FROM busybox
ARG NAME=file
ENV TO=/copied
COPY ${NAME} $TO/
