/**
 * Hosts that lack something, for tests of bad luck: the same machine seen from a private mount namespace in which a
 * device, a program, the subordinate ids or user namespaces are gone, or the data folder is small or read-only.
 * Only root can arrange that: guard such tests with `describe.skipIf(!asRoot)`.
 */
import { join } from 'node:path'
import { holders } from './leaks.ts'
import { start } from './process.ts'
import { behind, stage, type TestUser } from './user.ts'

export interface Differences {
  /** Device files that are not there. */
  readonly devices?: readonly ('/dev/fuse' | '/dev/net/tun')[]
  /** Programs of /usr/bin that are not there. */
  readonly programs?: readonly string[]
  /** Nobody has subordinate ids. */
  readonly noSubordinateIds?: boolean
  /** As where user.max_user_namespaces is 0. */
  readonly noUserNamespaces?: boolean
  /** The data folder is a file system of its own of so many bytes. */
  readonly dataBytes?: number
  /** Another root file system, with this kernel, these users and the user's folders: `bareDebian()`. */
  readonly system?: string
  /** The data folder cannot be written. */
  readonly dataReadOnly?: boolean
}

export interface DifferentHost extends AsyncDisposable {
  /** The same user with the same folders, on that host. */
  readonly user: TestUser
  /** Runs a shell script as root on that host. */
  change(script: string): Promise<void>
}

/** Makes the host and keeps it until disposed. Everything mounted there goes with its last process. */
export async function differentHost(user: TestUser, differences: Differences): Promise<DifferentHost> {
  const setUp = [
    'set -eu',
    'mount --make-rprivate /',
    ...(differences.system === undefined ? [] : otherSystem(user, differences.system)),
    ...((differences.devices ?? []).length > 0 ? hideDevices(differences.devices ?? []) : []),
    ...((differences.programs ?? []).length > 0 ? hidePrograms(differences.programs ?? []) : []),
    ...(differences.noSubordinateIds
      ? ['mount --bind /dev/null /etc/subuid', 'mount --bind /dev/null /etc/subgid']
      : []),
    ...data(user, differences),
    ...(differences.noUserNamespaces ? ['echo 0 > /proc/sys/user/max_user_namespaces'] : []),
  ].join('\n')
  const script = `${setUp}\necho ready\nexec sleep 600`
  // Inside a user namespace of its own, the limit of user namespaces is ours to set and nobody else's.
  const holder = differences.noUserNamespaces
    ? start(['sh', '-c', inUserNamespace, 'sh', script])
    : start(['unshare', '--mount', 'sh', '-c', script])
  await holder.waitFor('ready')
  const pid = differences.noUserNamespaces
    ? Number(/holder (\d+)/.exec(holder.soFar.stdout)?.[1])
    : holder.pid
  holders.add(pid)
  const spaces = differences.noUserNamespaces ? ['--user', '--preserve-credentials', '--mount'] : ['--mount']
  const enter = ['nsenter', `--target=${pid}`, ...spaces, '--', 'env', '-C', user.folder]
  return {
    user: behind(user, enter),
    async change(extra) {
      const process = start([...enter, 'sh', '-euc', extra])
      if ((await process.exited()) !== 0) throw new Error(process.soFar.stderr)
    },
    async [Symbol.asyncDispose]() {
      holder.signalGroup('SIGKILL')
      await holder.exited()
      holders.delete(pid)
    },
  }
}

/** pivot_root rather than chroot: the kernel forbids user namespaces to whoever is in a chroot. */
function otherSystem(user: TestUser, folder: string): string[] {
  const kept = ['/proc', '/sys', '/dev', '/tmp', '/run/user', user.folder, stage]
  const files = ['/etc/passwd', '/etc/group', '/etc/subuid', '/etc/subgid']
  return [
    `mount --bind ${folder} ${folder}`,
    ...kept.flatMap((path) => [`mkdir -p ${folder}${path}`, `mount --rbind ${path} ${folder}${path}`]),
    ...files.flatMap((path) => [`touch ${folder}${path}`, `mount --bind ${path} ${folder}${path}`]),
    `cd ${folder}`,
    'pivot_root . .',
    'umount -l .',
    'cd /',
  ]
}

/** A new /dev with everything but those, since a device file cannot be hidden in place. */
function hideDevices(paths: readonly string[]): string[] {
  return [
    'new=$(mktemp -d)',
    'mount -t tmpfs -o mode=0755 dev "$new"',
    'for entry in /dev/*; do',
    '  case $entry in',
    '    /dev/pts | /dev/shm | /dev/mqueue) mkdir "$new/$(basename "$entry")" ;;',
    '    *) cp -a "$entry" "$new/" ;;',
    '  esac',
    'done',
    ...paths.map((path) => `rm -f "$new/${path.slice('/dev/'.length)}"`),
    'for entry in pts shm mqueue; do [ ! -d "$new/$entry" ] || mount --rbind "/dev/$entry" "$new/$entry"; done',
    'mount --move "$new" /dev',
    'rmdir "$new"',
  ]
}

/** A whiteout in an overlay over /usr/bin: the program is really not there, not merely broken. */
function hidePrograms(names: readonly string[]): string[] {
  return [
    'over=$(mktemp -d)',
    'mount -t tmpfs over "$over"',
    'mkdir "$over/upper" "$over/work"',
    ...names.map((name) => `mknod "$over/upper/${name}" c 0 0`),
    'mount -t overlay -o "lowerdir=/usr/bin,upperdir=$over/upper,workdir=$over/work" programs /usr/bin',
  ]
}

function data(user: TestUser, { dataBytes, dataReadOnly }: Differences): string[] {
  if (dataBytes === undefined && dataReadOnly !== true) return []
  const folder = user.makeFolder('data')
  return [
    ...(dataBytes === undefined
      ? []
      : [`mount -t tmpfs -o size=${dataBytes},mode=0755,uid=${user.uid},gid=${user.gid} small ${folder}`]),
    ...(dataReadOnly === true
      ? [`mount --bind ${folder} ${folder}`, `mount -o remount,bind,ro ${folder}`]
      : []),
  ]
}

/** `$1` runs as root of a user namespace in which every id is itself. Root there, once mapped, is root after exec. */
const inUserNamespace = `
  unshare --user --mount sh -c '
    while ! [ "$(cat /proc/self/uid_map)" ] || ! [ "$(cat /proc/self/gid_map)" ]; do sleep 0.01; done
    echo "holder $$"
    exec sh -c "$0"' "$1" &
  while [ "$(readlink /proc/$!/ns/user)" = "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
  echo 0 0 4294967295 > /proc/$!/uid_map
  echo 0 0 4294967295 > /proc/$!/gid_map
  wait`

/** Where the tool keeps its data on that host, for tests that fill it up. */
export const dataFolder = (user: TestUser) => join(user.folder, 'data')
