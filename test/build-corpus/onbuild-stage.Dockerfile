# The triggers of the base run before anything else, and are gone.
FROM busybox AS base
ONBUILD RUN echo triggered > /triggered
FROM base
RUN cat /triggered > /seen
