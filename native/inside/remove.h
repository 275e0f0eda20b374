/* rm -rf that never follows a link and never leaves the folder. Runs in the user namespace, so that mapped
 * ids are ours. */
#ifndef SAMPAN_REMOVE_H
#define SAMPAN_REMOVE_H

struct fail;

/* Removes parent/name and all below it, however deep; missing is fine, also when another process removes it
 * as well. */
int remove_tree(int parent, const char *name, struct fail *fail);

/* Removes all that is in the open folder, not the folder. */
int remove_contents(int folder, struct fail *fail);

/* remove_tree by absolute path. */
int remove_path(const char *path, struct fail *fail);

#endif
