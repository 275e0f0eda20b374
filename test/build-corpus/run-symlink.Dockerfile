# Links are kept as they are.
FROM busybox
RUN ln -s /nowhere /absolute && ln -s etc/passwd /relative
