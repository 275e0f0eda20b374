/*
 * The bundle as C sees it: config.json and sampan.json read through the tables of fields in config.c and
 * sampan.c. What the tables do not name is refused by name (config.json leniently when an OCI runtime will
 * read it itself). All memory belongs to the bundle and goes with it. Absent text is NULL, an absent object
 * NULL, an absent list has count 0.
 */
#ifndef SAMPAN_SPEC_H
#define SAMPAN_SPEC_H

#include "../common/strbuf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

#define LIST_OF(type)                                                                                        \
  struct {                                                                                                   \
    type *at;                                                                                                \
    size_t count;                                                                                            \
  }

typedef LIST_OF(const char *) texts; /* one NULL follows the last: fits execve */
typedef LIST_OF(int64_t) wholes;

/* ---- config.json: OCI runtime specification 1.0/1.1; names as there ---- */

struct spec_user {
  int64_t uid, gid;
  int64_t umask; /* -1: not given */
  wholes additional_gids;
};

struct spec_rlimit {
  const char *type; /* RLIMIT_NOFILE … */
  uint64_t soft, hard;
};

struct spec_capabilities {
  texts bounding, effective, inheritable, permitted, ambient;
};

struct spec_size {
  int64_t height, width;
};

struct spec_process {
  bool terminal;
  struct spec_size *console_size; /* NULL: sampan.json's terminal */
  bool no_new_privileges;
  struct spec_user *user;
  texts args, env;
  const char *cwd;
  struct spec_capabilities *capabilities;
  LIST_OF(struct spec_rlimit) rlimits;
  int64_t oom_score_adj; /* INT64_MIN: not given */
};

struct spec_root {
  const char *path;
  bool readonly;
};

struct spec_mount {
  const char *destination, *type, *source;
  texts options;
};

struct spec_namespace {
  const char *type; /* mount pid network ipc uts cgroup user */
  const char *path; /* NULL: a new one */
};

/* Ids from container_id on are those from host_id on of the user's shared namespace. */
struct spec_id_mapping {
  int64_t container_id, host_id, size;
};
typedef LIST_OF(struct spec_id_mapping) id_mappings;

struct spec_device {
  const char *path, *type; /* type c b p u */
  int64_t major, minor;
  int64_t file_mode, uid, gid; /* -1: not given */
};

struct spec_pair {
  const char *key, *value;
};

struct spec_syscall_arg {
  int64_t index;
  uint64_t value, value_two;
  const char *op; /* SCMP_CMP_EQ … */
};

struct spec_syscall {
  texts names;
  const char *action; /* SCMP_ACT_ALLOW … */
  int64_t errno_ret;  /* -1: not given */
  LIST_OF(struct spec_syscall_arg) args;
};

struct spec_seccomp {
  const char *default_action;
  int64_t default_errno_ret; /* -1: not given */
  texts architectures, flags;
  LIST_OF(struct spec_syscall) syscalls;
};

struct spec_linux {
  LIST_OF(struct spec_namespace) namespaces;
  id_mappings uid_mappings, gid_mappings; /* with a namespace of type user */
  LIST_OF(struct spec_device) devices;
  LIST_OF(struct spec_pair) sysctl;
  texts masked_paths, readonly_paths;
  const char *rootfs_propagation;
  struct spec_seccomp *seccomp;
};

struct config {
  const char *oci_version, *hostname, *domainname;
  struct spec_process *process;
  struct spec_root *root;
  LIST_OF(struct spec_mount) mounts;
  struct spec_linux *linux_; /* `linux` is a macro in GNU C */
};

/* ---- sampan.json: docs/helper-protocol.md ---- */

enum storage_driver { STORAGE_OVERLAY, STORAGE_FUSE, STORAGE_VFS };
enum network_mode {
  NETWORK_NONE,
  NETWORK_HOST,
  NETWORK_SLIRP,
  NETWORK_PASTA,
  NETWORK_CONTAINER,
  NETWORK_BRIDGE
};
enum restart_policy { RESTART_NO, RESTART_ALWAYS, RESTART_UNLESS_STOPPED, RESTART_ON_FAILURE };
enum health_action { HEALTH_NONE, HEALTH_KILL, HEALTH_RESTART, HEALTH_STOP };
enum log_driver { LOG_JSON_FILE, LOG_K8S_FILE, LOG_JOURNALD, LOG_PASSTHROUGH, LOG_NONE };

struct sampan_storage {
  int driver; /* enum storage_driver */
  const char *links, *upper, *work, *merged;
  texts lower;
  bool volatile_;
  texts fuse_overlayfs;
};

struct sampan_copy_up {
  const char *volume, *path;
};

/* To be given to an id of the shared user namespace before every start. */
struct sampan_own {
  const char *path;
  int64_t uid, gid;
};

/* A named or anonymous volume among its mounts. */
struct sampan_volume {
  const char *name, *destination;
  bool read_only;
};

/* A line that an accounts file of the container is to have: passwd(5), group(5). */
struct sampan_account {
  const char *path, *line;
};

struct sampan_terminal {
  int64_t rows, columns;
};

struct sampan_log {
  int driver; /* enum log_driver */
  const char *path;
  int64_t max_size, max_files;
  bool compress;
  const char *attributes; /* JSON of what each record of json-file has besides; NULL: nothing */
  texts journal;          /* of LOG_JOURNALD: fields of each entry, KEY=value */
};

enum port_proxy { PROXY_NONE, PROXY_V2 };

struct sampan_port {
  const char *host_ip, *protocol;
  int64_t host_port, host_port_last, container_port; /* host_port_last: the first free one up to this; 0 */
  int proxy; /* enum port_proxy: what the program is told before the client's bytes */
};

struct sampan_subnet {
  const char *subnet, *gateway; /* "172.17.0.0/16", "172.17.0.1"; or both IPv6 */
  const char *range;            /* addresses are given out from here; NULL: the whole subnet */
  texts reserved;               /* addresses never given out */
};

/* In each container of the network. */
struct sampan_route {
  const char *to, *gateway; /* "10.8.0.0/16", "172.18.0.9" */
  int64_t metric;           /* 0: the kernel's */
};

/* One bridge network a container is on. */
struct sampan_membership {
  const char *name, *id, *bridge; /* bridge: the interface's name, 15 bytes at most */
  LIST_OF(struct sampan_subnet) subnets;
  const char *ip, *ip6, *mac; /* NULL: chosen */
  texts aliases;
  int64_t mtu; /* of its bridge */
  bool internal, dns;
  bool isolated;         /* its containers do not reach each other */
  bool no_default_route; /* it leads outside for those routes only */
  int64_t metric;        /* of the default route; 0: the kernel's */
  LIST_OF(struct sampan_route) routes;
  const char *interface; /* in the container; NULL: the next free ethN */
};

enum outside_program { OUTSIDE_SLIRP, OUTSIDE_PASTA };

struct sampan_network {
  int mode; /* enum network_mode */
  const char *container;
  texts command; /* slirp4netns or pasta, its own or that of all bridges */
  int outside;   /* mode bridge: which of them it is, enum outside_program */
  int64_t mtu;
  bool ipv6; /* it leads there by IPv6, too */
  bool no_host_loopback;
  LIST_OF(struct sampan_port) ports;
  LIST_OF(struct sampan_membership) networks; /* mode bridge; the first gives the default route */
  texts names;                                /* what others may call the container, on each of them */
  texts resolvers;                            /* who is asked for names that are nobody's here */
};

struct sampan_join {
  const char *pid, *ipc, *uts, *cgroup, *user; /* bundles of other containers, or NULL */
};

struct sampan_restart {
  int policy; /* enum restart_policy */
  int64_t retries;
};

struct sampan_health {
  texts test;
  int64_t interval, timeout, start_period, start_interval; /* nanoseconds */
  int64_t retries;
  int on_failure; /* enum health_action: what is done when it becomes unhealthy */
};

struct sampan_remove {
  bool container;
  const char *name;
  texts folders;
};

struct sampan_cgroup {
  const char *path, *cpuset_cpus, *cpuset_mems;
  int64_t memory, memory_swap, memory_reservation, cpu_quota, cpu_period, cpu_shares, pids;
};

struct sampan_runtime {
  const char *path, *root;
};

struct sampan {
  int64_t version;
  const char *id, *name;
  struct sampan_storage *storage;
  LIST_OF(struct sampan_copy_up) copy_up;
  LIST_OF(struct sampan_own) own;
  LIST_OF(struct sampan_volume) volumes;
  LIST_OF(struct sampan_account) accounts;
  struct sampan_terminal *terminal; /* never NULL after reading: 24 × 80 unless said */
  bool stdin_, stdin_once;
  struct sampan_log *log;         /* never NULL */
  struct sampan_network *network; /* never NULL */
  struct sampan_join *join;       /* never NULL */
  bool keep_groups;               /* the program keeps the groups of whoever started the monitor, or exec */
  bool init;
  struct sampan_restart *restart; /* never NULL */
  int64_t stop_signal, stop_timeout;
  int64_t timeout;              /* seconds a run may take; 0: any */
  const char *pid_file;         /* NULL: none */
  struct sampan_health *health; /* NULL: none */
  struct sampan_remove *remove; /* NULL: keep */
  struct sampan_cgroup *cgroup; /* never NULL */
  const char *seccomp_cache;
  struct sampan_runtime *runtime; /* NULL: our own init */
};

struct arena; /* see shape.h */

struct bundle {
  char *path; /* absolute */
  int fd;     /* the folder, O_PATH | O_CLOEXEC */
  struct config *config;
  struct sampan *sampan;
  struct arena *arena;
};

/* Reads DIR/config.json and DIR/sampan.json. */
int bundle_read(const char *path, struct bundle *out, struct fail *fail);
void bundle_free(struct bundle *bundle);

/* An OCI process object by itself (exec). The memory belongs to the arena put into *arena: free with
 * arena_free. */
struct spec_process *spec_read_process(const char *json, struct arena **arena, struct fail *fail);
void arena_free(struct arena **arena);

/* What bundle_read understood, in the shape of the two files: {"config":{…},"sampan":{…}}. */
void bundle_print(const struct bundle *bundle, struct strbuf *out);

#endif
