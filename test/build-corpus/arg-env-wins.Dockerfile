# ENV wins over ARG of the same name, even over --build-arg A=given
FROM busybox
ARG A=arg
ENV A=env
RUN echo "$A" > /value
