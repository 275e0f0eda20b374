# ENTRYPOINT does not reset the CMD of its own file.
FROM busybox
CMD ["/etc/passwd"]
ENTRYPOINT ["cat"]
