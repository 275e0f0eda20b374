/* Places inside the container's root: never outside of it, whatever links the image has. */
#ifndef SAMPAN_PLACE_H
#define SAMPAN_PLACE_H

struct fail;

enum place { PLACE_FOLDER, PLACE_FILE };

/*
 * Opens (O_PATH) what is at `path` below `root`, links resolved as the container would see them; what is
 * missing is made: folders 0755, at last a folder or an empty file. -1 and fail.
 */
int place_open(int root, const char *path, enum place kind, struct fail *fail);

#endif
