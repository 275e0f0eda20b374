/*
 * What the steps of a container's start share. Everything here runs in the child of the monitor's clone,
 * between clone and execve: it may fail at any point, nothing needs freeing (execve or exit does), and all
 * descriptors are close-on-exec.
 */
#ifndef SAMPAN_INIT_H
#define SAMPAN_INIT_H

#include "../keep/lease.h"
#include "../spec/spec.h"
#include "process.h"
#include "start.h"
#include <stdint.h>

struct fail;

/* A namespace to join instead of making one. */
struct join {
  int fd;   /* a pidfd (with `flag` alone joined of it) or an open namespace file */
  int flag; /* CLONE_NEW… */
  const char *name;
};

enum { MOST_JOINS = 8 };

struct init {
  const struct bundle *bundle;
  const struct lease *lease;
  struct start_io io;
  int control; /* the socket to the monitor */
  uint64_t new_namespaces;
  struct join joins[MOST_JOINS];
  int join_count;
  struct filter filter;
  int nested;        /* the container has a user namespace of its own (userns.h) */
  int *sources;      /* with it: the trees to bind, an element a mount of config.json */
  int shared_memory; /* a detached copy of another container's /dev/shm, or -1 */
  int root;          /* the root file system's mount */
  int empty;         /* a read-only tmpfs to cover folders with, or -1 */
  int console_master, console_slave;
  struct fail *fail;
};

/* namespaces.c: which to make, which to join (parent's side), and the joining (child's side). */
int plan_namespaces(const struct bundle *bundle, struct init *init, struct fail *fail);
void drop_joins(struct init *init);
int join_namespaces(struct init *init);

/* The steps, in the order they run; each 0, or -1 with init->fail. */
int set_host_name(struct init *init);   /* network.c */
int raise_loopback(struct init *init);  /* network.c */
int write_sysctls(struct init *init);   /* network.c */
int write_oom_score(struct init *init); /* network.c */
int open_root(struct init *init);       /* root.c */
int fill_volumes(struct init *init);    /* copy_up.c */
int open_sources(struct init *init);    /* mounts.c */
int mount_all(struct init *init);       /* mounts.c */
int bind_all(struct init *init);        /* mounts.c: of them what is bound, for jobs on stopped containers */
int make_devices(struct init *init);    /* devices.c */
int make_console(struct init *init);    /* console.c */
void size_terminal(const struct bundle *bundle,
                   int terminal);      /* console.c: before the program can ask for it */
int cover_paths(struct init *init);    /* root.c */
int add_accounts(struct init *init);   /* accounts.c */
int prepare_filter(struct init *init); /* seccomp.c */
int enter_root(struct init *init);     /* root.c */
int take_terminal(struct init *init);  /* console.c */
void give_pipe(int fd, int64_t uid);   /* console.c: to the program, if it is a pipe of ours */

/* A mount of type overlay (overlay.c). */
struct options;
/* Opens what is at `subpath` below the mount `whole`; a link that leads out of it is refused. -1 and fail. */
int open_part(int whole, const char *subpath, const char *destination, struct fail *fail);

int mount_overlay_at(struct init *init, const struct spec_mount *one, const struct options *options);
/* The file or folder and all below it, on its file system, in numbers of the shared namespace (own.c). */
int own_folder(const char *path, int64_t uid, int64_t gid, struct fail *fail);

/* An attached mount. What else it has stays as it is: in a user namespace of its own that may be locked
 * (mounts.c). */
int make_read_only(int tree);

/* Binds and file systems, for several of the steps (mounts.c). */
int attach_bind(int tree, int target, unsigned attributes, unsigned below, unsigned propagation,
                int propagation_below);
/*
 * Copies everything below the folder `from` into the folder `to`, and, unless `keep_own`, its owner, mode and
 * times as well (copy_up.c).
 */
int copy_folder(int from, int to, int keep_own, struct fail *fail);

#endif
