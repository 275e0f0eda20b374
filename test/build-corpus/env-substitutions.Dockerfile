# Words instead of values, and parts of values.
FROM busybox
ENV FILE=/a/b.tar.gz EMPTY=
ENV A=${NONE:-word} B=${EMPTY:-word} C=${EMPTY-word} D=${FILE:+word} E=\$FILE F="${FILE}x"
