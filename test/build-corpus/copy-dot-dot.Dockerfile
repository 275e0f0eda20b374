# Nothing above the context is reached: .. stays at its top.
FROM busybox
COPY ../../file /copied/
