# RUN sees the environment, and the image keeps it.
FROM busybox
ENV A=1
RUN echo "$A" > /value
