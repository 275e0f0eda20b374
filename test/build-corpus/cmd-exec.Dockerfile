# A list is the program and its words.
FROM busybox
CMD ["echo", "a  b"]
