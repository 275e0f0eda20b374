/*
 * A lease on the user's shared namespaces: as long as one is open, the keeper lives
 * (docs/helper-protocol.md). Runs in every role that needs the user namespace; starts the keeper where there
 * is none.
 */
#ifndef SAMPAN_LEASE_H
#define SAMPAN_LEASE_H

#include <stdbool.h>
#include <sys/types.h>

struct fail;

enum mapping { MAPPING_FULL, MAPPING_SINGLE, MAPPING_IDENTITY };

struct lease {
  int connection; /* keep it open for as long as the namespace is needed; close-on-exec */
  int userns;     /* the user namespace, for setns */
  enum mapping mapping;
  uid_t uid; /* ours outside */
  gid_t gid;
  char why[256]; /* why the mapping is single and what to do about it, else "" */
};

#define LEASE_NONE ((struct lease){.connection = -1, .userns = -1})

/* runtime is RUN. Made 0700 and verified (ours, a folder, no link) before use. */
int keeper_lease(const char *runtime, struct lease *out, struct fail *fail);

/*
 * The keeper has gone (its connection closed): leases the next one's connection. Where that is ours to start
 * it goes on with the user namespace this lease holds, so that those who are in it stay together. `mount` is
 * what is mounted in the caller's mount namespace and no business of the keeper's.
 */
int keeper_lease_again(const char *runtime, struct lease *lease, const char *mount, struct fail *fail);

/* Joins the user namespace and becomes 0:0 in it. Single-threaded callers only. */
int lease_join(const struct lease *lease, struct fail *fail);

/* Closes both descriptors. */
void lease_release(struct lease *lease);

const char *mapping_word(enum mapping mapping);

#endif
