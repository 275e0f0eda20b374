# The signal that ends the container.
FROM busybox
ARG SIGNAL=SIGQUIT
STOPSIGNAL $SIGNAL
