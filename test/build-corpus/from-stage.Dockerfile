# A stage is built from another, its configuration too.
FROM busybox AS one
ENV A=1
WORKDIR /one
RUN echo a > file
FROM one
ENV B=2
RUN echo b >> file
