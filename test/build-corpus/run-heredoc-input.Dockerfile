# A heredoc is input of a command.
FROM busybox
ENV NAME=world
RUN cat > /out <<EOF && cat >> /out <<"END"
hello $NAME
EOF
bye $NAME
END
