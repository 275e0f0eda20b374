/* rm -rf that never follows a link and never leaves the folder. Runs in the user namespace, so that mapped ids are ours. */
#ifndef SAMPAN_REMOVE_H
#define SAMPAN_REMOVE_H

struct fail;

/* Removes dirfd/name and all below it; missing is fine. Folders without permission bits are opened up first. */
int remove_tree(int dirfd, const char *name, struct fail *fail);

#endif
