# One that does not begin with / goes on from the last.
FROM busybox
ENV NAME=b
WORKDIR /a
WORKDIR $NAME
WORKDIR ../c
