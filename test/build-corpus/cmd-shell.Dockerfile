# Text is for the shell, and variables are left to it.
FROM busybox
CMD echo $HOME
