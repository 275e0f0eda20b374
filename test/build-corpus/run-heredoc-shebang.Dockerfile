# A heredoc that begins with #! is run as a file.
FROM busybox
RUN <<EOF
#!/bin/awk -f
BEGIN { print "from awk" > "/out" }
EOF
