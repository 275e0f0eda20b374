# Ports, protocols and ranges.
FROM busybox
ENV PORT=90
EXPOSE 80 53/udp 7000-7002/tcp $PORT
