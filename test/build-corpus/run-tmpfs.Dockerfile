# What is in a tmpfs is not in the image.
FROM busybox
RUN --mount=type=tmpfs,target=/scratch echo a > /scratch/a && cat /scratch/a > /read
