# Two names of one file.
FROM busybox
RUN echo a > /one && ln /one /two
