# What is no list of JSON is for the shell.
FROM busybox
CMD ['echo', 'a']
