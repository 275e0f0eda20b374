# --target one builds that stage.
FROM busybox AS one
ENV STAGE=one
FROM one AS two
ENV STAGE=two
