/** bench/life: logs, listings and statistics of many containers, and starting many, beside podman. */
import { busyboxArchive, makeImages } from '../test/support/images.ts'
import { withEmptyStore } from './images.ts'
import type { Cost } from './meter.ts'
import { makePeers } from './peers.ts'
import { report } from './report.ts'
import { median, type Row } from './table.ts'
import type { Tool } from './tools.ts'

const rounds = Number(process.argv[2] ?? 5)
const wanted = process.argv[3]
/** How large the large things are: smaller ones show the same on a busy machine. */
const megabytes = Number(process.env['BENCH_LOG_MB'] ?? 1000)
const containers = Number(process.env['BENCH_CONTAINERS'] ?? 1000)

await makeImages()
await using peers = await makePeers()
const { place, sampan, podman, tools } = peers
const costs = new Map<string, Cost[]>()
const quiet = ['--network', 'none']

type Call = (...words: string[]) => Promise<Cost>
/** `store`: the words of a command line of this tool, with its store. */
type Story = (call: Call, tool: Tool, store: readonly string[]) => Promise<Readonly<Record<string, Cost>>>

/** Each tool with a store of its own, made by `prepare`, then A B A B; the first round is not counted. */
async function inTurns(what: string, times: number, prepare: Story, story: Story): Promise<void> {
  if (wanted !== undefined && !what.includes(wanted)) return
  process.stderr.write(`${what}: `)
  const calls: { readonly tool: Tool; readonly store: readonly string[]; readonly call: Call }[] = []
  for (const tool of tools) {
    const store = withEmptyStore(tool, place)
    const call: Call = (...words) => tool.meter.ok([...store, ...words])
    calls.push({ tool, store, call })
    await call('load', '-q', '-i', busyboxArchive)
    await prepare(call, tool, store)
  }
  for (let round = 0; round <= times; round++) {
    for (const { tool, store, call } of calls) {
      for (const [figure, cost] of Object.entries(await story(call, tool, store))) {
        const key = `${tool.name} ${figure}`
        if (round > 0) costs.set(key, [...(costs.get(key) ?? []), cost])
      }
    }
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  for (const { tool, call } of calls)
    await call('rm', '-f', '-a', ...(tool.name === 'podman' ? ['-t', '0'] : []))
}

/** The words of a shell loop that does it `count` times, `$n` counting. */
const times = (tool: Tool, count: number, ...words: string[]) => {
  const command = words.map((word) => `"${word}"`).join(' ')
  return tool.meter.ok(['sh', '-c', `for n in $(seq ${count}); do ${command} >/dev/null || exit 1; done`])
}

const line = 'a line of a log that is as long as the lines of logs are, eighty bytes or so ...'
const print = (where: string) => ['sh', '-c', `yes "${line}" | head -c ${megabytes}000000 ${where}`]
const unlimited = (tool: Tool) => ['--log-opt', `max-size=${tool.name === 'podman' ? '100g' : '-1'}`]
await inTurns(
  'logs',
  Math.max(1, Math.ceil(rounds / 4)),
  async (call, tool) => ({
    made: await call('run', '-d', '--name', 'said', ...quiet, ...unlimited(tool), 'busybox', ...print('')),
    waited: await call('wait', 'said'),
  }),
  async (call, tool) => {
    const run = (...words: string[]) =>
      call('run', '--rm', '-a', 'stderr', ...quiet, ...unlimited(tool), 'busybox', ...words)
    return {
      logs: await call('logs', 'said'),
      printing: await run(...print('')),
      writing: await run(...print('>/file')),
    }
  },
)

await inTurns(
  'ps',
  rounds,
  async (call, tool, store) => {
    const one = await call('create', ...quiet, 'busybox', 'true')
    await times(tool, containers - 1, ...store, 'create', ...quiet, 'busybox', 'true')
    return { one }
  },
  async (call) => ({ 'ps -a': await call('ps', '-a') }),
)

const running = ['run', '-d', ...quiet, 'busybox', 'sleep', '600']
await inTurns(
  'stats',
  rounds,
  async (call, tool, store) => ({
    first: await call(...running),
    all: await times(tool, 49, ...store, ...running),
  }),
  async (_, tool, store) => {
    // Podman has no statistics for a plain user without cgroup v2: measured in a guest then (bench/README.md).
    const cost = await tool.meter.run([...store, 'stats', '--no-stream'])
    return cost.code === 0 ? { stats: cost } : {}
  },
)

const crowds = [10, 50, 100, 200]
for (const count of crowds) {
  await inTurns(
    `start ${count}`,
    1,
    async (call) => ({ version: await call('--version') }),
    async (call, tool, store) => {
      const started = await times(tool, count, ...store, ...running)
      await call('rm', '-f', '-a', ...(tool.name === 'podman' ? ['-t', '0'] : []))
      return { [`start ${count}`]: started }
    },
  )
}

const figureOf = (tool: Tool, figure: string, part: 'wall' | 'cpu'): number | undefined => {
  const all = costs.get(`${tool.name} ${figure}`)
  return all === undefined ? undefined : median(all.map((cost) => cost[part]))
}
const row = (figure: string, of: string, atMost: Row['atMost'], part: 'wall' | 'cpu' = 'wall'): Row => ({
  figure,
  unit: 'ms',
  ours: figureOf(sampan, of, part),
  peer: figureOf(podman, of, part),
  atMost,
})
const rows: Row[] = [
  row(`logs of ${megabytes} MB`, 'logs', { ratio: 0.33 }),
  row(`CPU of logs of ${megabytes} MB`, 'logs', {}, 'cpu'),
  {
    figure: `printing ${megabytes} MB, beside writing it to a file`,
    unit: 'ms',
    ours: figureOf(sampan, 'printing', 'wall'),
    peer: figureOf(sampan, 'writing', 'wall'),
    atMost: { ratio: 2 },
  },
  row(`printing ${megabytes} MB`, 'printing', {}),
  row(`ps -a, ${containers} containers`, 'ps -a', { ratio: 0.5 }),
  row('stats --no-stream, 50 containers', 'stats', { ratio: 0.4 }),
  row('CPU of stats --no-stream, 50 containers', 'stats', {}, 'cpu'),
  ...crowds.map((count) => row(`starting ${count}, one after another`, `start ${count}`, { ratio: 0.5 })),
]

await report(peers, {
  subject: 'life',
  rounds,
  rows,
  raw: { costs: Object.fromEntries(costs) },
  partial: wanted !== undefined,
})
