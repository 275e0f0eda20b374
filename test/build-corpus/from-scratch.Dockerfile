# Nothing but what is copied.
FROM scratch
COPY file /
CMD ["/file"]
