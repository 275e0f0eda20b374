# Text is for the shell.
FROM busybox
ENTRYPOINT echo a
