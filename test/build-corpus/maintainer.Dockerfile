# The author of the image.
FROM busybox
MAINTAINER Some One <some@one>
