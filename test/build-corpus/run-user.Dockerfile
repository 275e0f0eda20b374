# RUN is the USER's.
FROM busybox
RUN mkdir -m 777 /open
USER app
RUN id -u > /open/id && id -g >> /open/id
