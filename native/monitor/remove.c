#include "remove.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include "../inside/remove.h"
#include "../spec/spec.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The name is ours to free only while it is reserved for this container. */
static void free_name(const char *path, const char *id) {
  char owner[65] = "";
  cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (fd >= 0 && read(fd, owner, 64) == 64 && strcmp(owner, id) == 0) unlink(path);
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
