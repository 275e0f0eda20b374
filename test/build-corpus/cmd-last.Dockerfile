# The last CMD counts.
FROM busybox
CMD ["a"]
CMD ["b"]
