# Parts of values by patterns.
FROM busybox
ENV FILE=/a/b.tar.gz
ENV A=${FILE#*/} B=${FILE##*/} C=${FILE%.*} D=${FILE%%.*} E=${FILE/b/c} F=${FILE//a/x}
