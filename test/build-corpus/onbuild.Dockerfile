# Triggers are kept as they were written.
FROM busybox
ONBUILD COPY file /app/
ONBUILD RUN echo $A
