# SHELL runs what comes after it, CMD too.
FROM busybox
SHELL ["/bin/sh", "-e", "-c"]
RUN echo "$-" | grep -q e && echo e > /out
CMD echo a
