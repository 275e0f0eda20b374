# A stage that is built from another has its ARGs.
FROM busybox AS first
ARG A=1
FROM first
RUN echo "$A" > /value
