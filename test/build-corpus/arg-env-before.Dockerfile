# ENV wins over an ARG that comes after it, too.
FROM busybox
ENV A=env
ARG A=arg
RUN echo "$A" > /value
