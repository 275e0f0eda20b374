# A link in the way is followed inside the image.
FROM busybox
RUN mkdir /real && ln -s /real /way
COPY file /way/
