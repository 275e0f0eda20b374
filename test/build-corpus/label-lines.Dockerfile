# A label over several lines.
FROM busybox
LABEL description="first \
second" \
      version="1.0"
