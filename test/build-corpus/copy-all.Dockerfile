# COPY . takes what .dockerignore leaves, hidden files too.
FROM scratch
COPY . /all/
