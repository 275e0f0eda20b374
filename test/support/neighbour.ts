/**
 * A host with one cable to another machine: two network namespaces and a veth pair, for tests about clients that are
 * really elsewhere. Only root can make it: guard such tests with `describe.skipIf(!asRoot)`.
 */
import { holders } from './leaks.ts'
import { type Result, type Running, type RunOptions, run, start } from './process.ts'
import { behind, type TestUser } from './user.ts'

/** Both ends of the cable: the host's address, then the neighbour's. */
export const cable = { v4: ['10.77.0.1', '10.77.0.2'], v6: ['fd00:77::1', 'fd00:77::2'] } as const

export interface CabledHost extends AsyncDisposable {
  /** The same user with the same folders, on the host. */
  readonly user: TestUser
  /** Runs a program on the host, outside of any container. */
  here(argv: readonly string[], options?: RunOptions): Promise<Result>
  /** Starts a program on the host, beside the test. */
  beside(argv: readonly string[]): Running
  /** Starts a program on the neighbour, beside the test. */
  besideThere(argv: readonly string[]): Running
  /** Runs a program on the neighbour. */
  there(argv: readonly string[], options?: RunOptions): Promise<Result>
}

const address = (at: 0 | 1) =>
  `ip addr add ${cable.v4[at]}/24 dev cable; ip addr add ${cable.v6[at]}/64 dev cable nodad; ip link set lo up; ip link set cable up`

/** `$1` is the host's name server. */
const script = `set -eu
mount --make-rprivate /
mount -t tmpfs none /mnt
echo "nameserver $1" > /mnt/resolv.conf
chmod 0644 /mnt/resolv.conf
mount --bind /mnt/resolv.conf /etc/resolv.conf
umount /mnt
unshare --net sleep 600 & other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add cable type veth peer name cable netns $other
${address(0)}
nsenter --target=$other --net sh -c '${address(1)}'
echo "ready $other"
exec sleep 600`

export async function cabledHost(user: TestUser, nameServer = '127.0.0.53'): Promise<CabledHost> {
  const holder = start(['unshare', '--net', '--mount', 'sh', '-c', script, 'sh', nameServer])
  await holder.waitFor('ready')
  const neighbour = Number(/ready (\d+)/.exec(holder.soFar.stdout)?.[1])
  for (const pid of [holder.pid, neighbour]) holders.add(pid)
  const other = ['nsenter', `--target=${neighbour}`, '--net', '--']
  const host = ['nsenter', `--target=${holder.pid}`, '--net', '--mount', '--', 'env', '-C', user.folder]
  return {
    user: behind(user, host),
    here: (argv, options) => run([...host, ...argv], options),
    beside: (argv) => start([...host, ...argv]),
    besideThere: (argv) => start([...other, ...argv]),
    there: (argv, options) => run([...other, ...argv], options),
    async [Symbol.asyncDispose]() {
      holder.signalGroup('SIGKILL')
      await holder.exited()
      for (const pid of [holder.pid, neighbour]) holders.delete(pid)
    },
  }
}
