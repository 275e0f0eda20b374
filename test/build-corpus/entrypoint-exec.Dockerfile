# A list is the program and its words.
FROM busybox
ENTRYPOINT ["echo", "a"]
CMD ["b"]
