# COPY takes files from the Dockerfile, with variables in them.
FROM busybox
ENV NAME=world
COPY <<one <<-two /copied/
hello "$NAME" \$NAME
one
	no tab
	two
