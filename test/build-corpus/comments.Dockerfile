# Comments and empty lines inside a continued line are dropped.
FROM busybox
RUN echo a > /out \
# one

    # two
    && echo b >> /out
