/** bench/network: what packets and starts on networks cost, beside podman's netavark, rootlessport and slirp4netns. */
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { busyboxArchive, makeImages } from '../test/support/images.ts'
import { executable } from '../test/support/user.ts'
import { dnsSpeed } from './dns.ts'
import { iperf, pairSpeed, serving } from './iperf.ts'
import { makePeers } from './peers.ts'
import { report } from './report.ts'
import { median, type Row } from './table.ts'
import { call, removeNow, type Tool } from './tools.ts'

const rounds = Number(process.argv[2] ?? 5)
const wanted = process.argv[3]

await makeImages()
await using peers = await makePeers()
const { place, sampan, podman } = peers
/** With a keeper, and so a way out, of its own. */
const byPasta: Tool = {
  ...sampan,
  argv: [executable, '--runroot', join(place.runtime, 'by-pasta'), '--network-backend', 'pasta'],
}
for (const tool of [sampan, podman]) await call(tool, 'load', '-q', '-i', busyboxArchive)

/** An address of this machine that is not its loopback's: podman's way out does not lead to 127.0.0.1. */
const outward = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

const image = 'busybox'
/** The host's iperf3, which wants a /tmp. */
const programs = [
  ...['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`]),
  ...['--tmpfs', '/tmp'],
]
const run = (tool: Tool, name: string, flags: readonly string[], ...command: string[]) =>
  call(tool, 'run', '-d', '--name', name, ...flags, ...programs, image, ...command)
const inside = (tool: Tool, name: string) => [...place.become, ...tool.argv, 'exec', name]

/** Each of `ways` once a round, in turns; the first round is not counted. Gives the medians. */
async function inTurns(what: string, ways: Readonly<Record<string, () => Promise<number>>>) {
  const measured = new Map<string, number[]>()
  if (wanted !== undefined && !what.includes(wanted)) return (_: string) => undefined
  process.stderr.write(`${what}:`)
  for (let round = 0; round <= rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const value = await way()
      if (round > 0) measured.set(name, [...(measured.get(name) ?? []), value])
    }
    process.stderr.write('.')
  }
  for (const [name, values] of measured)
    process.stderr.write(` ${name} ${values.map((value) => value.toFixed(1)).join(' ')};`)
  process.stderr.write('\n')
  return (name: string) => (measured.has(name) ? median(measured.get(name) ?? []) : undefined)
}

/** Containers `server` and `client` while `measured` runs. */
async function together<T>(
  tool: Tool,
  serverFlags: readonly string[],
  clientFlags: readonly string[] | undefined,
  measured: () => Promise<T>,
): Promise<T> {
  try {
    await run(tool, 'server', serverFlags, 'iperf3', '-s')
    if (clientFlags !== undefined) await run(tool, 'client', clientFlags, 'sleep', '600')
    await Bun.sleep(300)
    return await measured()
  } finally {
    await removeNow(tool, 'server', ...(clientFlags === undefined ? [] : ['client']))
  }
}

const rows: Row[] = []
const port = 5999

/** One network for both: a default one that others share is no different, and podman's has no names. */
for (const tool of [sampan, podman]) await call(tool, 'network', 'create', 'bench')
const onBench = ['--network', 'bench']

const neighbours = await inTurns('container to container', {
  sampan: () =>
    together(sampan, onBench, onBench, () => iperf([...inside(sampan, 'client'), 'iperf3', '-c', 'server'])),
  podman: () =>
    together(podman, onBench, onBench, () => iperf([...inside(podman, 'client'), 'iperf3', '-c', 'server'])),
  'bare veth pair': () => pairSpeed(place),
})
rows.push(
  {
    figure: 'container ↔ container, beside a bare veth pair',
    unit: 'Gbit/s',
    ours: neighbours('sampan'),
    peer: neighbours('bare veth pair'),
    atLeast: 0.95,
  },
  {
    figure: 'container ↔ container, beside podman',
    unit: 'Gbit/s',
    ours: neighbours('sampan'),
    peer: neighbours('podman'),
    atLeast: 1,
  },
)

const published = ['-p', `127.0.0.1:${port}:5201`]
const fromHost = (...more: string[]) =>
  iperf([...place.become, 'iperf3', '-c', '127.0.0.1', '-p', String(port), ...more])
const pastaSpeed = (...more: string[]) =>
  serving([...place.become, 'pasta', '-q', '--config-net', '-t', `${port}:5201`, '--', 'iperf3', '-s'], () =>
    fromHost(...more),
  )
/** Where bbr is the host's default, who sends by it waits for itself (README): also as most hosts would do it. */
const reno = ['-C', 'reno']
for (const [direction, flags] of [
  ['host → published port', []],
  ['published port → host', ['-R']],
  ['host → published port by reno', reno],
  ['published port → host by reno', ['-R', ...reno]],
] as const) {
  const ports = await inTurns(direction, {
    sampan: () => together(sampan, [...onBench, ...published], undefined, () => fromHost(...flags)),
    podman: () => together(podman, [...onBench, ...published], undefined, () => fromHost(...flags)),
    pasta: () => pastaSpeed(...flags),
  })
  rows.push(
    {
      figure: `${direction}, beside rootlessport`,
      unit: 'Gbit/s',
      ours: ports('sampan'),
      peer: ports('podman'),
      atLeast: 1.7,
    },
    {
      figure: `${direction}, beside pasta -t`,
      unit: 'Gbit/s',
      ours: ports('sampan'),
      peer: ports('pasta'),
      atLeast: 2,
    },
  )
}

if (outward !== undefined) {
  const toHost = (tool: Tool, network: string, ...more: string[]) =>
    serving([...place.become, 'iperf3', '-s', '-B', outward], async () => {
      await run(tool, 'client', ['--network', network], 'sleep', '600')
      try {
        return await iperf([...inside(tool, 'client'), 'iperf3', '-c', outward, ...more])
      } finally {
        await removeNow(tool, 'client')
      }
    })
  for (const [direction, flags] of [
    ['container → host', []],
    ['host → container, asked for inside', ['-R']],
  ] as const) {
    const out = await inTurns(direction, {
      sampan: () => toHost(sampan, 'bench', ...flags),
      podman: () => toHost(podman, 'bench', ...flags),
      'sampan by pasta': () => toHost(byPasta, 'bench', ...flags),
      'sampan alone': () => toHost(sampan, 'slirp', ...flags),
      'podman alone': () => toHost(podman, 'slirp4netns', ...flags),
    })
    rows.push(
      {
        figure: `${direction}, bridge, both by slirp4netns`,
        unit: 'Gbit/s',
        ours: out('sampan'),
        peer: out('podman'),
        atLeast: 1,
      },
      {
        figure: `${direction}, bridge, by slirp4netns beside by pasta`,
        unit: 'Gbit/s',
        ours: out('sampan'),
        peer: out('sampan by pasta'),
        atLeast: 1,
      },
      {
        figure: `${direction}, --network slirp`,
        unit: 'Gbit/s',
        ours: out('sampan alone'),
        peer: out('podman alone'),
        atLeast: 1,
      },
    )
  }
}

const once = async (tool: Tool) => (await call(tool, 'run', '--rm', '--network', 'bench', image, 'true')).wall
/** Nobody's container runs, and what serves the networks has ended; podman keeps a process for its user namespace. */
const firstOfTheDay = async (tool: Tool) => {
  const most = tool === podman ? 1 : 0
  while ((await tool.meter.alive()).length > most) await Bun.sleep(200)
  return once(tool)
}
const first = await inTurns('first container of the day', {
  sampan: () => firstOfTheDay(sampan),
  podman: () => firstOfTheDay(podman),
})
rows.push({
  figure: 'first container of the day',
  unit: 'ms',
  ours: first('sampan'),
  peer: first('podman'),
  atMost: { ratio: 0.3 },
})

for (const tool of [sampan, podman]) await run(tool, 'other', onBench, 'sleep', '3600')
const short = await inTurns('run --rm', { sampan: () => once(sampan), podman: () => once(podman) })
for (const tool of [sampan, podman]) await removeNow(tool, 'other')
rows.push({
  figure: 'run --rm on a bridge, another container there',
  unit: 'ms',
  ours: short('sampan'),
  peer: short('podman'),
  atMost: { ratio: 0.2 },
})

for (const [figure, unit, asked, budget] of [
  ['names: answers a second, 32 questions under way', '/s', { window: 32, what: 'answers' }, { atLeast: 1 }],
  ['names: 99 % answered within, 32 under way', 'µs', { window: 32, what: 'p99' }, { atMost: { ratio: 1 } }],
  ['names: 99 % answered within, one at a time', 'µs', { window: 1, what: 'p99' }, { atMost: { ratio: 1 } }],
] as const) {
  const speed = (tool: Tool) => dnsSpeed(tool, 'bench', image, (name) => inside(tool, name), asked)
  const names = await inTurns(figure, { sampan: () => speed(sampan), podman: () => speed(podman) })
  rows.push({ figure, unit, ours: names('sampan'), peer: names('podman'), ...budget })
}

async function residentOf(tool: Tool, ...except: string[]): Promise<number | undefined> {
  await run(tool, 'still', [...onBench, ...published], 'sleep', '600')
  await Bun.sleep(1000)
  const size = await tool.meter.resident(except)
  await removeNow(tool, 'still')
  return size
}
const memory = await inTurns('resident', {
  sampan: async () => (await residentOf(sampan, 'slirp4netns')) ?? Number.NaN,
  podman: async () => (await residentOf(podman, 'slirp4netns')) ?? Number.NaN,
})
rows.push({
  figure: 'resident, a published port on a bridge with DNS (PSS, without slirp)',
  unit: 'kB',
  ours: memory('sampan'),
  peer: memory('podman'),
  atMost: { absolute: 1500 },
})

await report(peers, {
  subject: 'network',
  rounds,
  rows,
  raw: {},
  partial: wanted !== undefined,
  alsoUsed: ['slirp4netns', 'pasta'],
})
