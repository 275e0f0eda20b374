# * and ? fit names in the context.
FROM busybox
COPY wild/x?.txt wild/*.md /copied/
