# ENV without = takes the rest of the line.
FROM busybox
ENV GREETING hello  "big" world
