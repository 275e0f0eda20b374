# A folder that is removed and made again has nothing of the old one.
FROM busybox
RUN mkdir /folder && echo a > /folder/a
RUN rm -r /folder && mkdir /folder && echo b > /folder/b
