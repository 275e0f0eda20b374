# Several at a time, with quotes and escapes.
FROM busybox
ENV A=1 B="two words" C=three\ words D='$A' E=
