# A heredoc is copied to the name that is the destination.
FROM busybox
COPY --chmod=700 <<EOF /usr/local/bin/greet
#!/bin/sh
echo hello
EOF
