# Labels, quoted and not; a later one wins.
FROM busybox
LABEL a=1 "b c"="two words" d='$x'
LABEL a=2
