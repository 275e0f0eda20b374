/** bench/run: measures in turns, prints the table, writes it to bench/results/. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { busyboxArchive, makeImages } from '../test/support/images.ts'
import { ok } from '../test/support/process.ts'
import { startRegistry } from '../test/support/registry.ts'
import { executable, stage } from '../test/support/user.ts'
import { makeBigImage, makeLargeLayer } from './big-image.ts'
import { makeStarters } from './helper.ts'
import { manyImages, pullInto, pushAgain, saveAndLoad, withEmptyStore } from './images.ts'
import { type Cost, Meter } from './meter.ts'
import { peakMemory } from './peak.ts'
import { makePlace, setUpPodman } from './place.ts'
import { median, type Row, render } from './table.ts'
import { call, crowd, life, resident, type Tool } from './tools.ts'

const rounds = Number(process.argv[2] ?? 15)

await makeImages()
const layout = await makeBigImage()
await using registry = await startRegistry()
const bigImage = await registry.push(layout, '1', 'bench/big:1')
const largeLayer = await registry.push(await makeLargeLayer(), '1', 'bench/large:1')
await using place = makePlace()
setUpPodman(place, registry.host)
await using sampanMeter = new Meter([...place.become, join(stage, 'measure')])
await using podmanMeter = new Meter([...place.become, join(stage, 'measure')])
const tools: readonly [Tool, Tool] = [
  { name: 'sampan', argv: [executable], meter: sampanMeter },
  { name: 'podman', argv: ['podman'], meter: podmanMeter },
]

const costs = { sampan: new Map<string, Cost[]>(), podman: new Map<string, Cost[]>() }
const memory = {
  sampan: new Map<string, number | undefined>(),
  podman: new Map<string, number | undefined>(),
}

/** A B A B: whatever else the machine does meets both alike. The first round warms caches and is not counted. */
async function inTurns(
  times: number,
  what: string,
  story: (tool: Tool, note: (figure: string, cost: Cost) => void) => Promise<void>,
): Promise<void> {
  process.stderr.write(`${what}: `)
  for (let round = 0; round <= times; round++) {
    for (const tool of tools) {
      await story(tool, (figure, cost) => {
        const of = costs[tool.name]
        if (round > 0) of.set(figure, [...(of.get(figure) ?? []), cost])
      })
    }
    process.stderr.write('.')
  }
  process.stderr.write('\n')
}

for (const tool of tools) await call(tool, 'load', '-q', '-i', busyboxArchive)
await inTurns(rounds, 'one container', (tool, note) => life(tool, 'busybox', note))
await inTurns(Math.ceil(rounds / 4), 'twenty containers', (tool, note) => crowd(tool, 'busybox', note))
await inTurns(Math.ceil(rounds / 5), 'pull', (tool, note) => pullInto(tool, place, bigImage, 'pull', note))
await inTurns(Math.ceil(rounds / 8), 'pull of one large layer', (tool, note) =>
  pullInto(tool, place, largeLayer, 'large pull', note),
)
await inTurns(Math.ceil(rounds / 8), 'save and load', (tool, note) =>
  saveAndLoad(tool, place, bigImage, note),
)
const pushes = {
  sampan: await pushAgain(tools[0], place, bigImage),
  podman: await pushAgain(tools[1], place, bigImage),
}
await inTurns(Math.ceil(rounds / 3), 'push of an unchanged image', async (tool, note) =>
  note('push', await pushes[tool.name]()),
)
const many = await manyImages(200)
const listing = { sampan: [] as readonly string[], podman: [] as readonly string[] }
for (const tool of tools) {
  listing[tool.name] = withEmptyStore(tool, place)
  await tool.meter.ok([...listing[tool.name], 'load', '-q', '-i', many])
}
await inTurns(rounds, 'images', async (tool, note) =>
  note('images', await tool.meter.ok([...listing[tool.name], 'images'])),
)
const peaks = new Map<string, { readonly sampan: number | undefined; readonly podman: number | undefined }>()
for (const image of [bigImage, largeLayer]) {
  const peak = (tool: Tool) =>
    peakMemory([...place.become, ...withEmptyStore(tool, place), 'pull', '-q', image])
  peaks.set(image, { sampan: await peak(tools[0]), podman: await peak(tools[1]) })
}
for (const tool of tools) {
  memory[tool.name].set('none', await resident(tool, 'busybox', ['--network', 'none']))
  memory[tool.name].set(
    'slirp',
    await resident(tool, 'busybox', ['--network', tool.name === 'podman' ? 'slirp4netns' : 'slirp']),
  )
}

// The helper alone: each in turn, under one meter.
const starters = await makeStarters(place, [executable])
const starts = { ours: [] as number[], runc: [] as number[], crun: [] as number[], joining: [] as number[] }
for (let round = 0; round <= rounds; round++) {
  for (const name of ['ours', 'runc', 'crun', 'joining'] as const) {
    const { code, wall } = await sampanMeter.run(starters[name])
    if (round > 0 && code === 0) starts[name].push(wall)
  }
}
const start = (name: 'ours' | 'runc' | 'crun') =>
  starts[name].length < rounds
    ? undefined
    : median(starts[name]) - (name === 'ours' ? 0 : median(starts.joining))

const of = (part: 'wall' | 'cpu', figure: string) => ({
  unit: 'ms',
  ours: medianOf('sampan', figure, part),
  peer: medianOf('podman', figure, part),
})
function medianOf(tool: 'sampan' | 'podman', figure: string, part: 'wall' | 'cpu'): number | undefined {
  const all = costs[tool].get(figure)
  return all === undefined ? undefined : median(all.map((cost) => cost[part]))
}
const residentRow = (figure: string, network: string, atMost: Row['atMost']): Row => ({
  figure,
  unit: 'kB',
  ours: memory.sampan.get(network),
  peer: memory.podman.get(network),
  atMost,
})

const peakRow = (figure: string, image: string): Row => ({
  figure,
  unit: 'kB',
  ours: peaks.get(image)?.sampan,
  peer: peaks.get(image)?.podman,
  atMost: { absolute: 150_000 },
})

const rows: Row[] = [
  { figure: '--version', ...of('wall', '--version'), atMost: { ratio: 0.8 } },
  { figure: 'ps, 20 containers', ...of('wall', 'ps'), atMost: { ratio: 0.8 } },
  { figure: 'run --rm --network none busybox true', ...of('wall', 'run --rm'), atMost: { ratio: 0.3 } },
  { figure: 'run -d', ...of('wall', 'run -d'), atMost: { ratio: 0.4 } },
  { figure: 'exec c true', ...of('wall', 'exec'), atMost: { ratio: 0.4 } },
  { figure: 'stop -t 0', ...of('wall', 'stop -t 0'), atMost: { ratio: 0.4 } },
  { figure: 'rm -f', ...of('wall', 'rm -f'), atMost: { ratio: 0.4 } },
  { figure: '20 containers started in parallel', ...of('wall', '20 in parallel'), atMost: { ratio: 0.4 } },
  { figure: 'cold pull, 300 MB, 10,000 files', ...of('wall', 'pull'), atMost: { ratio: 0.5 } },
  { figure: 'cold pull, one layer of 1 GiB', ...of('wall', 'large pull'), atMost: { ratio: 0.5 } },
  { figure: 'push, unchanged, 300 MB, 10,000 files', ...of('wall', 'push'), atMost: { ratio: 0.3 } },
  { figure: 'save, 300 MB, 10,000 files', ...of('wall', 'save'), atMost: { ratio: 0.3 } },
  { figure: 'load, 300 MB, 10,000 files', ...of('wall', 'load'), atMost: { ratio: 0.5 } },
  { figure: 'images, 200 of them', ...of('wall', 'images'), atMost: { ratio: 0.3 } },
  peakRow('peak memory of the pull of 10,000 files (PSS)', bigImage),
  peakRow('peak memory of the pull of 1 GiB (PSS)', largeLayer),
  { figure: 'CPU of the pull of 10,000 files', ...of('cpu', 'pull'), atMost: {} },
  { figure: 'CPU of the pull of 1 GiB', ...of('cpu', 'large pull'), atMost: {} },
  residentRow('resident, detached, no network (PSS)', 'none', { absolute: 1000 }),
  residentRow('resident, detached, slirp (PSS)', 'slirp', {}),
  {
    figure: "helper's part of a start, beside runc",
    unit: 'ms',
    ours: start('ours'),
    peer: start('runc'),
    atMost: { ratio: 0.5, absolute: 8 },
  },
  {
    figure: "helper's part of a start, beside crun",
    unit: 'ms',
    ours: start('ours'),
    peer: start('crun'),
    atMost: { ratio: 1 },
  },
  { figure: 'CPU of run --rm', ...of('cpu', 'run --rm'), atMost: { ratio: 0.4 } },
  { figure: 'CPU of run -d', ...of('cpu', 'run -d'), atMost: { ratio: 0.4 } },
  { figure: 'CPU of exec', ...of('cpu', 'exec'), atMost: { ratio: 0.4 } },
  { figure: 'CPU of stop', ...of('cpu', 'stop -t 0'), atMost: { ratio: 0.4 } },
]

const version = (argv: readonly string[]) =>
  ok([...place.become, ...argv, '--version']).then((text) => text.trim())
const peerVersion = await version(['podman'])
const conditions = `${await version([executable])} beside ${peerVersion} · Linux ${release()} · ${cpus().length} CPUs · ${rounds} rounds in turns, medians`
const date = new Date().toISOString()
const table = `${conditions}\n\n${render(rows)}\n`
console.log(table)
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
const file = join(import.meta.dirname, 'results', date.slice(0, 10))
writeFileSync(`${file}.md`, `# ${date.slice(0, 16).replace('T', ' ')} UTC\n\n${table}`)
const raw = {
  date,
  conditions,
  rows,
  starts,
  costs: { sampan: Object.fromEntries(costs.sampan), podman: Object.fromEntries(costs.podman) },
}
writeFileSync(`${file}.json`, `${JSON.stringify(raw)}\n`)
