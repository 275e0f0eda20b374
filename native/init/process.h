/*
 * The last steps before execve, shared by init and the exec role: from "in the right namespaces, as the
 * namespace's root" to "is the program". Runs in the process that becomes the program.
 */
#ifndef SAMPAN_PROCESS_H
#define SAMPAN_PROCESS_H

#include "../keep/lease.h"
#include "../spec/spec.h"

struct fail;

/* A compiled seccomp filter; `length` 0: none asked for. */
struct filter {
  unsigned short length;
  void *code; /* struct sock_filter[] */
  bool log;
};

/*
 * From the cache, or compiled and put there. Call it while the host's files are visible (before pivot or
 * setns mnt). With MAPPING_SINGLE chown and the setuid family are answered "ok" (also when seccomp is NULL).
 */
int filter_prepare(const struct spec_seccomp *seccomp, enum mapping mapping, const char *cache,
                   struct filter *out, struct fail *fail);
void filter_free(struct filter *filter);

struct process_how {
  enum mapping mapping;
  bool make_folder; /* cwd, when it is missing */
  bool keep_groups; /* those of the caller, which may have no number here, instead of the process's own */
};

/*
 * rlimits (before the user changes), cwd, groups and user,
 * capabilities, no_new_privs, seccomp, umask, parent-death signal. The caller has set session, terminal and
 * descriptors 0–2 already.
 */
int process_apply(const struct spec_process *process, const struct process_how *how,
                  const struct filter *filter, struct fail *fail);

/*
 * Where execve must go: `program` as it is when it has a slash, else looked up in PATH of `env`. Fills `path`
 * (4096 bytes). Fails with docker's phrases and 126 or 127.
 */
int process_find(const char *program, const char *const *env, char path[static 4096], struct fail *fail);

/*
 * Marks everything from descriptor 3 + `passed` on close-on-exec, resets signal dispositions and mask, execs.
 * Returns only on failure.
 */
int process_exec(const char *path, const struct spec_process *process, size_t passed, struct fail *fail);

#endif
