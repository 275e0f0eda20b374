# In a heredoc whose name is quoted nothing is expanded.
FROM busybox
ENV NAME=world
COPY <<"EOF" /copied
hello $NAME \n
EOF
