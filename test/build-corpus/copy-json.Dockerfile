# A list is for names with blanks.
FROM busybox
COPY ["spaced name", "/copied/a b"]
