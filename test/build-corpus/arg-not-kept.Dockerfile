# An ARG is not in the image's environment.
FROM busybox
ARG A=1
