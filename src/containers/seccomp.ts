/**
 * The default seccomp profile: what a program in a container may ask of the kernel. In force for `run`, `exec` and
 * `RUN`, unless `--privileged` or `--security-opt seccomp=…` says otherwise.
 *
 * Three answers: a call listed as allowed runs; a call listed as refused gets EPERM, because programs know how to live
 * with that; a call nobody has listed (newer than this page) gets ENOSYS, so that libc falls back to the older one.
 * Some calls come back with the capability that guards them anyway.
 */

import type { LinuxSeccomp, LinuxSyscall } from '../oci/runtime-spec.ts'
import type { Capability } from './capabilities.ts'

const EPERM = 1
const ENOSYS = 38

const words = (text: string): string[] => text.trim().split(/\s+/)

/** Allowed for everyone, by what they are for; the 32-bit spellings stand beside the 64-bit ones. */
const ALLOWED = words(`
  read write readv writev pread64 pwrite64 preadv preadv2 pwritev pwritev2 lseek _llseek
  open openat openat2 creat close close_range dup dup2 dup3 fcntl fcntl64 ioctl flock
  stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64
  access faccessat faccessat2 getcwd chdir fchdir getdents getdents64 readlink readlinkat readahead
  chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat umask
  link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat
  truncate truncate64 ftruncate ftruncate64 fallocate fadvise64 fadvise64_64 arm_fadvise64_64
  sync syncfs fsync fdatasync sync_file_range sync_file_range2 arm_sync_file_range
  utime utimes futimesat utimensat utimensat_time64 copy_file_range sendfile sendfile64 splice tee vmsplice
  getxattr lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr
  removexattr lremovexattr fremovexattr getxattrat setxattrat listxattrat removexattrat
  inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark name_to_handle_at
  file_getattr file_setattr statmount listmount

  brk mmap mmap2 munmap mremap mprotect madvise mincore msync remap_file_pages mseal map_shadow_stack
  mlock mlock2 munlock mlockall munlockall memfd_create memfd_secret membarrier process_mrelease
  pkey_alloc pkey_free pkey_mprotect cachestat

  fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill pidfd_open pidfd_send_signal
  getpid getppid gettid getpgid getpgrp getsid setpgid setsid set_tid_address prctl arch_prctl rseq
  set_robust_list get_robust_list get_thread_area set_thread_area modify_ldt restart_syscall
  futex futex_time64 futex_wait futex_wake futex_waitv futex_requeue
  getpriority setpriority ioprio_get ioprio_set getcpu sched_yield
  sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
  sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min
  sched_rr_get_interval sched_rr_get_interval_time64
  getrlimit setrlimit ugetrlimit prlimit64 getrusage times sysinfo uname getrandom ptrace
  landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp capget capset

  getuid getuid32 getgid getgid32 geteuid geteuid32 getegid getegid32 getgroups getgroups32
  getresuid getresuid32 getresgid getresgid32 setuid setuid32 setgid setgid32 setgroups setgroups32
  setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32
  setfsuid setfsuid32 setfsgid setfsgid32

  rt_sigaction rt_sigprocmask rt_sigpending rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn rt_sigsuspend
  rt_sigtimedwait rt_sigtimedwait_time64 sigaltstack signal sigaction sigpending sigprocmask sigreturn sigsuspend
  signalfd signalfd4 pause alarm getitimer setitimer

  time gettimeofday nanosleep clock_nanosleep clock_nanosleep_time64 clock_getres clock_getres_time64
  clock_gettime clock_gettime64 adjtimex clock_adjtime clock_adjtime64
  timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
  timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64

  poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2
  eventfd eventfd2 pipe pipe2 io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents
  io_pgetevents_time64

  socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt
  send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64 socketcall

  ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
  mq_open mq_unlink mq_notify mq_getsetattr mq_timedreceive mq_timedreceive_time64
  mq_timedsend mq_timedsend_time64
`)

/** Allowed only with the capability that the kernel asks for as well. */
const WITH_CAPABILITY: Readonly<Partial<Record<Capability, readonly string[]>>> = {
  CAP_DAC_READ_SEARCH: ['open_by_handle_at'],
  CAP_SYS_ADMIN: words(`
    bpf clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree
    open_tree_attr perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
  `),
  CAP_SYS_BOOT: ['reboot'],
  CAP_SYS_CHROOT: ['chroot'],
  CAP_SYS_MODULE: ['delete_module', 'init_module', 'finit_module'],
  CAP_SYS_PACCT: ['acct'],
  CAP_SYS_PTRACE: ['kcmp', 'pidfd_getfd', 'process_madvise', 'process_vm_readv', 'process_vm_writev'],
  CAP_SYS_RAWIO: ['iopl', 'ioperm'],
  CAP_SYS_TIME: ['settimeofday', 'stime', 'clock_settime', 'clock_settime64'],
  CAP_SYS_TTY_CONFIG: ['vhangup'],
  CAP_SYS_NICE: [
    'get_mempolicy',
    'mbind',
    'set_mempolicy',
    'set_mempolicy_home_node',
    'migrate_pages',
    'move_pages',
  ],
  CAP_SYSLOG: ['syslog'],
  CAP_BPF: ['bpf'],
  CAP_PERFMON: ['perf_event_open'],
}

/** Refused with EPERM for everyone: the kernel's keyring and whatever reaches beyond a container. */
const REFUSED = words(`
  add_key keyctl request_key kexec_load kexec_file_load swapon swapoff pivot_root userfaultfd
  io_uring_setup io_uring_enter io_uring_register nfsservctl uselib ustat sysfs _sysctl vm86 vm86old
  create_module query_module get_kernel_syms
`)

/** CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET of clone(2). */
const NAMESPACE_FLAGS = 0x7e020000
/** The personalities of personality(2) that change nothing but names: Linux, 16-bit uids, UNAME26, both, "ask". */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff]
const AF_VSOCK = 40

const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
}

const allow = (names: readonly string[], args?: LinuxSyscall['args']): LinuxSyscall => ({
  names: [...names],
  action: 'SCMP_ACT_ALLOW',
  ...(args === undefined ? {} : { args }),
})
const refuse = (names: readonly string[], errnoRet: number): LinuxSyscall => ({
  names: [...names],
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
})

/**
 * The profile for a container with these bounding capabilities, in the words of the OCI runtime specification
 * (config-linux.md, "Seccomp").
 */
export function defaultSeccomp(capabilities: readonly Capability[]): LinuxSeccomp {
  const held = new Set(capabilities)
  const guarded = Object.entries(WITH_CAPABILITY) as [Capability, readonly string[]][]
  const opened = new Set(guarded.flatMap(([capability, names]) => (held.has(capability) ? names : [])))
  const shut = new Set(guarded.flatMap(([, names]) => names).filter((name) => !opened.has(name)))
  // clone3 passes its flags in memory, where a filter cannot see them: ENOSYS makes libc use clone.
  const cloneRules = held.has('CAP_SYS_ADMIN')
    ? [allow(['clone'])]
    : [
        allow(['clone'], [{ index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]),
        refuse(['clone3'], ENOSYS),
      ]
  shut.delete('clone3')
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: ENOSYS,
    architectures: [...(ARCHITECTURES[process.arch] ?? [])],
    syscalls: [
      allow([...ALLOWED, ...opened]),
      ...PERSONALITIES.map((value) => allow(['personality'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
      allow(['socket'], [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_NE' }]),
      ...cloneRules,
      refuse([...REFUSED, ...shut], EPERM),
    ],
  }
}
