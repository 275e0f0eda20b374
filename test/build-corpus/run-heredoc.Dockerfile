# A heredoc is a script for the shell.
FROM busybox
RUN <<EOF
echo a > /out
echo "$HOME" >> /out
EOF
