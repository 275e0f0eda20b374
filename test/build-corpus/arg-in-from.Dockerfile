# FROM sees the ARGs above it.
ARG BASE=busy
ARG BOX=${BASE}box
FROM ${BOX:-none}
ENV MADE=yes
