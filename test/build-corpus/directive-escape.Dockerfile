# escape=`
# The escape character can be a backtick.
FROM busybox
ENV PLACE=C:\
RUN echo a `
  b > /out
