# ENV keeps what an ARG was.
FROM busybox
ARG VERSION=3
ENV VERSION=v${VERSION}
