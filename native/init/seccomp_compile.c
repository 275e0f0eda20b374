/* From the OCI profile to BPF through libseccomp. Runs when the cache does not have it. */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "seccomp.h"
#include <linux/filter.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

#define cleanup_context __attribute__((cleanup(release_context)))

static void release_context(scmp_filter_ctx *context) {
  if (*context) seccomp_release(*context);
}

/* With one id only, these say "ok": packages that chown what they unpack install, and nothing has changed
 * owner. */
static const char *const pretended[] = {
    "chown",       "fchown",     "lchown",     "fchownat",    "chown32",    "fchown32",   "lchown32",
    "setuid",      "setgid",     "setreuid",   "setregid",    "setresuid",  "setresgid",  "setfsuid",
    "setfsgid",    "setgroups",  "setuid32",   "setgid32",    "setreuid32", "setregid32", "setresuid32",
    "setresgid32", "setfsuid32", "setfsgid32", "setgroups32",
};

static int is_pretended(const char *name) {
  for (size_t i = 0; i < sizeof pretended / sizeof *pretended; i++)
    if (strcmp(pretended[i], name) == 0) return 1;
  return 0;
}

/* `word` with its errno (or trace message), -1 for EPERM. 0 and *out, or -1. */
static int read_action(const char *word, int64_t number, uint32_t *out, struct fail *fail) {
  uint32_t value = number < 0 ? EPERM : (uint32_t)number & 0xffff;
  const struct {
    const char *word;
    uint32_t action;
  } rows[] = {
      {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
      {"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(value)},
      {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
      {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
      {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
      {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
      {"SCMP_ACT_TRACE", SCMP_ACT_TRACE(value)},
      {"SCMP_ACT_LOG", SCMP_ACT_LOG},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].word, word) == 0) {
      *out = rows[i].action;
      return 0;
    }
  return fail_say(fail, EXIT_HELPER, "compile seccomp profile",
                  "seccomp: the action %s is not honoured by sampan", word);
}

static int read_compare(const char *word, enum scmp_compare *out, struct fail *fail) {
  static const char *const words[] = {"",
                                      "SCMP_CMP_NE",
                                      "SCMP_CMP_LT",
                                      "SCMP_CMP_LE",
                                      "SCMP_CMP_EQ",
                                      "SCMP_CMP_GE",
                                      "SCMP_CMP_GT",
                                      "SCMP_CMP_MASKED_EQ"};
  for (size_t i = 1; i < sizeof words / sizeof *words; i++)
    if (strcmp(words[i], word) == 0) {
      *out = (enum scmp_compare)i; /* in the order of enum scmp_compare */
      return 0;
    }
  return fail_say(fail, EXIT_HELPER, "compile seccomp profile", "seccomp: unknown comparison %s", word);
}

static int add_architectures(scmp_filter_ctx context, const texts *names, struct fail *fail) {
  for (size_t i = 0; i < names->count; i++) {
    const char *name = names->at[i];
    char lower[32] = "";
    /* SCMP_ARCH_X86_64 → x86_64, as seccomp_arch_resolve_name wants it. */
    if (strncmp(name, "SCMP_ARCH_", 10) == 0) name += 10;
    for (size_t at = 0; name[at] && at < sizeof lower - 1; at++)
      lower[at] = name[at] >= 'A' && name[at] <= 'Z' ? (char)(name[at] + 32) : name[at];
    uint32_t token = seccomp_arch_resolve_name(lower);
    if (!token)
      return fail_say(fail, EXIT_HELPER, "compile seccomp profile", "seccomp: unknown architecture %s",
                      names->at[i]);
    int error = seccomp_arch_add(context, token);
    if (error < 0 && error != -EEXIST)
      return fail_code(fail, -error, "compile seccomp profile", "%s", names->at[i]);
  }
  return 0;
}

enum { MOST_ARGS = 6 };

static int read_args_of(const struct spec_syscall *call, struct scmp_arg_cmp out[static MOST_ARGS],
                        int *twice, struct fail *fail) {
  unsigned seen = 0;
  *twice = 0;
  if (call->args.count > MOST_ARGS)
    return fail_say(fail, EXIT_HELPER, "compile seccomp profile",
                    "seccomp: more than 6 arguments for one rule");
  for (size_t i = 0; i < call->args.count; i++) {
    const struct spec_syscall_arg *arg = &call->args.at[i];
    if (arg->index < 0 || arg->index > 5)
      return fail_say(fail, EXIT_HELPER, "compile seccomp profile",
                      "seccomp: argument index %lld is not 0 to 5", (long long)arg->index);
    out[i] =
        (struct scmp_arg_cmp){.arg = (unsigned)arg->index, .datum_a = arg->value, .datum_b = arg->value_two};
    if (read_compare(arg->op, &out[i].op, fail) < 0) return -1;
    if (seen & (1U << arg->index)) *twice = 1;
    seen |= 1U << arg->index;
  }
  return 0;
}

/* Names this library or architecture does not have are left out: profiles list calls of all kernels. */
static int add_rule(scmp_filter_ctx context, const struct spec_syscall *call, uint32_t action, int single,
                    struct fail *fail) {
  struct scmp_arg_cmp args[MOST_ARGS];
  int twice;
  if (read_args_of(call, args, &twice, fail) < 0) return -1;
  for (size_t i = 0; i < call->names.count; i++) {
    int number = seccomp_syscall_resolve_name(call->names.at[i]), error = 0;
    if (number == __NR_SCMP_ERROR || (single && is_pretended(call->names.at[i]))) continue;
    /* libseccomp takes an argument once a rule: conditions on the same one are alternatives. */
    if (twice)
      for (size_t at = 0; at < call->args.count && error == 0; at++)
        error = seccomp_rule_add_array(context, action, number, 1, &args[at]);
    else
      error = seccomp_rule_add_array(context, action, number, (unsigned)call->args.count, args);
    if (error < 0 && error != -EDOM && error != -EEXIST)
      return fail_code(fail, -error, "compile seccomp profile", "%s", call->names.at[i]);
  }
  return 0;
}

static int add_rules(scmp_filter_ctx context, const struct spec_seccomp *seccomp, uint32_t otherwise,
                     int single, struct fail *fail) {
  for (size_t i = 0; i < seccomp->syscalls.count; i++) {
    uint32_t action = otherwise;
    if (read_action(seccomp->syscalls.at[i].action, seccomp->syscalls.at[i].errno_ret, &action, fail) < 0)
      return -1;
    if (action == otherwise) continue; /* libseccomp refuses what would be so anyway */
    if (add_rule(context, &seccomp->syscalls.at[i], action, single, fail) < 0) return -1;
  }
  return 0;
}

static int read_flags(const struct spec_seccomp *seccomp, struct filter *out, struct fail *fail) {
  for (size_t i = 0; i < seccomp->flags.count; i++) {
    const char *flag = seccomp->flags.at[i];
    if (strcmp(flag, "SECCOMP_FILTER_FLAG_LOG") == 0)
      out->log = true;
    else if (strcmp(flag, "SECCOMP_FILTER_FLAG_TSYNC") != 0) /* we have one thread */
      return fail_say(fail, EXIT_HELPER, "compile seccomp profile",
                      "seccomp: the flag %s is not honoured by sampan", flag);
  }
  return 0;
}

static int export_code(scmp_filter_ctx context, struct filter *out, struct fail *fail) {
  cleanup_fd int fd = memfd_create("seccomp", MFD_CLOEXEC);
  int error = fd < 0 ? -errno : seccomp_export_bpf(context, fd);
  if (error < 0) return fail_code(fail, -error, "compile seccomp profile", "%s", "");
  off_t size = lseek(fd, 0, SEEK_END);
  size_t count = (size_t)size / sizeof(struct sock_filter);
  if (count > BPF_MAXINSNS)
    return fail_say(fail, EXIT_HELPER, "compile seccomp profile",
                    "the seccomp profile is too long (%zu instructions)", count);
  out->code = malloc((size_t)size);
  if (!out->code || pread(fd, out->code, (size_t)size, 0) != size)
    return fail_errno(fail, "compile seccomp profile", "%s", "");
  out->length = (unsigned short)count;
  return 0;
}

int filter_compile(const struct spec_seccomp *seccomp, int single, struct filter *out, struct fail *fail) {
  uint32_t otherwise = SCMP_ACT_ALLOW;
  if (seccomp && read_action(seccomp->default_action, seccomp->default_errno_ret, &otherwise, fail) < 0)
    return -1;
  cleanup_context scmp_filter_ctx context = seccomp_init(otherwise);
  if (!context) return fail_say(fail, EXIT_HELPER, "compile seccomp profile", "libseccomp did not start");
  seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0);
  seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree: 0.3 µs a call less */
  if (seccomp &&
      (read_flags(seccomp, out, fail) < 0 || add_architectures(context, &seccomp->architectures, fail) < 0))
    return -1;
  for (size_t i = 0; single && i < sizeof pretended / sizeof *pretended; i++) {
    int number = seccomp_syscall_resolve_name(pretended[i]);
    if (number != __NR_SCMP_ERROR) seccomp_rule_add_array(context, SCMP_ACT_ERRNO(0), number, 0, NULL);
  }
  if (seccomp && add_rules(context, seccomp, otherwise, single, fail) < 0) return -1;
  return export_code(context, out, fail);
}
