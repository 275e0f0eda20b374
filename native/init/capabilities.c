/* See capabilities.h. Runs in the process that becomes the program. */
#include "capabilities.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const char *const names[] = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};
enum { KNOWN = sizeof names / sizeof *names };

int capability_number(const char *name) {
  for (int i = 0; i < KNOWN; i++)
    if (strcmp(names[i], name) == 0) return i;
  return -1;
}

static int read_set(const texts *words, uint64_t *out, struct fail *fail) {
  *out = 0;
  for (size_t i = 0; i < words->count; i++) {
    int number = capability_number(words->at[i]);
    if (number < 0)
      return fail_say(fail, EXIT_HELPER, "read capabilities", "config.json: unknown capability %s",
                      words->at[i]);
    *out |= 1ULL << number;
  }
  return 0;
}

int capabilities_read(const struct spec_capabilities *spec, struct capability_sets *out, struct fail *fail) {
  *out = (struct capability_sets){0};
  if (!spec) return 0;
  if (read_set(&spec->bounding, &out->bounding, fail) < 0 ||
      read_set(&spec->effective, &out->effective, fail) < 0 ||
      read_set(&spec->inheritable, &out->inheritable, fail) < 0 ||
      read_set(&spec->permitted, &out->permitted, fail) < 0 ||
      read_set(&spec->ambient, &out->ambient, fail) < 0)
    return -1;
  return 0;
}

int capabilities_bound(const struct capability_sets *sets, struct fail *fail) {
  /* EINVAL ends the loop: the kernel knows no more than that, whatever number its newest one has. */
  for (int i = 0; i < 64; i++) {
    if (i < KNOWN && (sets->bounding & (1ULL << i))) continue;
    if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0) {
      if (errno == EINVAL) return 0;
      return fail_errno(fail, "drop capabilities", "%s", i < KNOWN ? names[i] : "");
    }
  }
  return 0;
}

static int get(struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  return (int)syscall(SYS_capget, &header, data);
}

static int set(const struct __user_cap_data_struct data[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  return (int)syscall(SYS_capset, &header, data);
}

int capabilities_regain(struct fail *fail) {
  struct __user_cap_data_struct data[2];
  if (get(data) < 0) return fail_errno(fail, "read capabilities", "%s", "");
  for (int i = 0; i < 2; i++) data[i].effective = data[i].permitted;
  if (set(data) < 0) return fail_errno(fail, "keep capabilities", "%s", "");
  return 0;
}

int capabilities_set(const struct capability_sets *sets, struct fail *fail) {
  struct __user_cap_data_struct data[2], now[2];
  if (get(now) < 0) return fail_errno(fail, "read capabilities", "%s", "");
  for (int i = 0; i < 2; i++) {
    /* What an older kernel does not have, or we were not given, cannot be given on. */
    data[i].permitted = (uint32_t)(sets->permitted >> (32 * i)) & now[i].permitted;
    data[i].effective = (uint32_t)(sets->effective >> (32 * i)) & data[i].permitted;
    data[i].inheritable = (uint32_t)(sets->inheritable >> (32 * i)) & now[i].permitted;
  }
  if (set(data) < 0) return fail_errno(fail, "set capabilities", "%s", "");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int i = 0; i < KNOWN; i++)
    if ((sets->ambient & (1ULL << i)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0 &&
        errno != EPERM)
      return fail_errno(fail, "set ambient capability", "%s", names[i]);
  return 0;
}
