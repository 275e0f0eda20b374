/**
 * Options of docker's and podman's `run` that this tool knows and does not do, and what to do instead. They are parsed,
 * so that the sentence is about the option and not about a word after it. `--x=false` and empty values pass.
 */
import { type Refusals, refusals } from './refusals.ts'

const WEIGHT = 'a plain user has no block I/O controller here; --memory, --cpus and --pids-limit are honoured'
const WINDOWS = 'it only means something on Windows'
const REALTIME = 'a plain user may not set it; use --cpu-shares or --cpus'
const HOST_USER = 'your own ranges are used: --userns and --uidmap choose among them'
const MEMORY = 'use --memory'
const HEALTH =
  '--health-cmd, -interval, -timeout, -retries, -start-period, -start-interval and -on-failure are honoured'

/** name → [what follows it: nothing or a value, what to do instead]. */
const REFUSED = {
  'blkio-weight': ['value', WEIGHT],
  'blkio-weight-device': ['value', WEIGHT],
  'cgroup-conf': ['value', 'use --memory, --cpus or --pids-limit'],
  'cgroup-parent': [
    'value',
    'start sampan itself inside the cgroup: containers stay in the one of their starter',
  ],
  cgroups: [
    'value',
    'containers stay in the cgroup of their starter unless a limit asks for one',
    ['enabled', 'no-conmon'],
  ],
  chrootdirs: ['value', 'mount the files with -v'],
  'conmon-pidfile': ['value', 'inspect shows State.ConmonPid'],
  'cpu-count': ['value', WINDOWS],
  'cpu-percent': ['value', WINDOWS],
  'cpu-rt-period': ['value', REALTIME],
  'cpu-rt-runtime': ['value', REALTIME],
  'decryption-key': ['value', 'encrypted images cannot be read'],
  'device-cgroup-rule': ['value', 'give the device with --device'],
  'device-read-bps': ['value', WEIGHT],
  'device-read-iops': ['value', WEIGHT],
  'device-write-bps': ['value', WEIGHT],
  'device-write-iops': ['value', WEIGHT],
  gpus: ['value', 'give the device nodes with --device'],
  'health-log-destination': ['value', HEALTH],
  'health-max-log-count': ['value', HEALTH],
  'health-max-log-size': ['value', HEALTH],
  'health-startup-cmd': ['value', HEALTH],
  'health-startup-interval': ['value', HEALTH],
  'health-startup-retries': ['value', HEALTH],
  'health-startup-success': ['value', HEALTH],
  'health-startup-timeout': ['value', HEALTH],
  hostuser: ['value', HOST_USER],
  'init-ctr': ['value', 'there are no pods'],
  'init-path': ['value', 'the built-in init is used with --init'],
  'io-maxbandwidth': ['value', WINDOWS],
  'io-maxiops': ['value', WINDOWS],
  isolation: ['value', WINDOWS],
  'kernel-memory': ['value', MEMORY],
  'link-local-ip': ['value', 'use --ip or --ip6 for a chosen address'],
  'memory-swappiness': ['value', MEMORY],
  'oom-kill-disable': ['switch', 'cgroup v2 has no such switch; use --oom-score-adj'],
  permissive: ['switch', 'use --privileged'],
  personality: ['value', 'run the program under setarch'],
  pod: ['value', 'use --network container:NAME, --ipc and --pid to share namespaces'],
  'pod-id-file': ['value', 'use --network container:NAME'],
  'preserve-fd': ['value', 'pass a folder or a socket with -v'],
  'preserve-fds': ['value', 'pass a folder or a socket with -v'],
  'rdt-class': ['value', 'a plain user may not set it'],
  rmi: ['switch', 'remove the image afterwards: rmi IMAGE'],
  rootfs: ['switch', 'import the folder first: tar -C DIR -c . | sampan import - NAME'],
  sdnotify: ['value', 'systemd is not notified: use Type=oneshot, or exec in the foreground', ['ignore']],
  'seccomp-policy': ['value', 'use --security-opt seccomp=FILE'],
  'shm-size-systemd': ['value', 'use --shm-size'],
  'storage-opt': ['value', 'the container may use what is free where the data directory is'],
  subgidname: ['value', HOST_USER],
  subuidname: ['value', HOST_USER],
  systemd: ['value', 'run the service itself, or --init for reaping', ['false']],
  'use-api-socket': ['switch', 'there is no daemon whose socket could be shared'],
  'volume-driver': ['value', 'volumes are folders of this machine'],
} as const satisfies Refusals

/** `refuse` throws unsupported for the first option given that is refused. */
export const { options: refusedOptions, refuse } = refusals(REFUSED)
