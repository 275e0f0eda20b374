#include "remove.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include "../inside/remove.h"
#include "../spec/spec.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The name is ours to free only while it is reserved for this container. Everybody unlinks names under the
 * lock of the file itself, and checks that it still is the file: else a name that was just given away could
 * go.
 */
static void free_name(const char *path, const char *id) {
  struct stat locked, there;
  char owner[65] = "";
  cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &locked) < 0 || lstat(path, &there) < 0) return;
  if (locked.st_dev != there.st_dev || locked.st_ino != there.st_ino) return;
  if (read(fd, owner, 64) == 64 && strcmp(owner, id) == 0) unlink(path);
}

void remove_container(const struct bundle *bundle) {
  const struct sampan_remove *remove = bundle->sampan->remove;
  struct fail fail = {0};
  cleanup_free char *gone = format_text("%s.rm-%d", bundle->path, (int)getpid());

  /* The name first: a reservation whose folder is gone counts as left over, and somebody else may have taken
   * it. */
  if (remove->name != NULL) free_name(remove->name, bundle->sampan->id);
  if (rename(bundle->path, gone) < 0) return; /* rm -f was quicker */
  remove_path(gone, &fail);
  for (size_t i = 0; i < remove->folders.count; i++) remove_path(remove->folders.at[i], &fail);
}
