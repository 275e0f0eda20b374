# The list form, and variables.
FROM busybox
ENV AT=/data
VOLUME ["$AT/one", "/two"]
