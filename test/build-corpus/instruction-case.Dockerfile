# Instructions are known in any case.
from busybox
Env A=1
rUn echo "$A" > /value
