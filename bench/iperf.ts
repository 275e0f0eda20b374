/** iperf3 over a way that somebody else has made: Gbit/s as the receiver counted them. */
import { ok } from '../test/support/process.ts'
import type { Place } from './place.ts'

const SECONDS = '2'

/** `argv` ends with what says whom to ask. */
export async function iperf(argv: readonly string[]): Promise<number> {
  const text = await ok([...argv, '-t', SECONDS, '-J'], { timeout: 60_000 })
  const { end, error } = JSON.parse(text)
  if (end?.sum_received === undefined) throw new Error(`${argv.join(' ')}: ${error}`)
  return end.sum_received.bits_per_second / 1e9
}

/** Has a server while `measured` runs. With all that it starts: a pasta that is killed leaves its program behind. */
export async function serving<T>(argv: readonly string[], measured: () => Promise<T>): Promise<T> {
  const server = Bun.spawn([...argv], { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', detached: true })
  try {
    await Bun.sleep(500)
    return await measured()
  } finally {
    process.kill(-server.pid, 'SIGKILL')
    await server.exited
  }
}

/** Two network namespaces, one veth between them, as large packets as on our bridges: what the kernel itself can do. */
export function pairSpeed(place: Place): Promise<number> {
  const script = [
    'ip link set lo up',
    'unshare -n sleep 60 & other=$!',
    'until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done',
    'ip link add near0 mtu 65520 type veth peer name far0 mtu 65520 netns $other',
    'ip addr add 10.99.0.1/24 dev near0; ip link set near0 up',
    'nsenter -t $other -n sh -c "ip addr add 10.99.0.2/24 dev far0; ip link set far0 up"',
    'nsenter -t $other -n iperf3 -s >/dev/null & server=$!',
    'sleep 0.3',
    'iperf3 -c 10.99.0.2 "$@"; code=$?; kill $server $other; exit $code',
  ]
  return iperf([...place.become, 'unshare', '-Urn', 'sh', '-c', script.join('\n'), 'sh'])
}
