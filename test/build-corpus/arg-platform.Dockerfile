# The platform's ARGs have to be declared, and have values then.
FROM busybox
ARG TARGETOS
ARG TARGETPLATFORM
RUN echo "$TARGETOS $TARGETPLATFORM [$BUILDOS]" > /platform
