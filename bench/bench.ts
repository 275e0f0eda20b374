/** bench/run: measures in turns, prints the table, writes it to bench/results/. */
import { busyboxArchive, makeImages } from '../test/support/images.ts'
import { startRegistry } from '../test/support/registry.ts'
import { executable } from '../test/support/user.ts'
import { makeBigImage, makeLargeLayer } from './big-image.ts'
import { makeStarters } from './helper.ts'
import { manyImages, pullInto, pushAgain, saveAndLoad, withEmptyStore } from './images.ts'
import { peakMemory } from './peak.ts'
import { makePeers } from './peers.ts'
import { report } from './report.ts'
import { median, type Row } from './table.ts'
import { call, crowd, life, resident, type Tool } from './tools.ts'
import { Turns } from './turns.ts'

const rounds = Number(process.argv[2] ?? 15)

await makeImages()
const layout = await makeBigImage()
await using registry = await startRegistry()
const bigImage = await registry.push(layout, '1', 'bench/big:1')
const largeLayer = await registry.push(await makeLargeLayer(), '1', 'bench/large:1')
await using peers = await makePeers(registry.host)
const { place, tools } = peers
const turns = new Turns(tools)
const memory = {
  sampan: new Map<string, number | undefined>(),
  podman: new Map<string, number | undefined>(),
}

for (const tool of tools) await call(tool, 'load', '-q', '-i', busyboxArchive)
await turns.take('one container', rounds, (tool, note) => life(tool, 'busybox', note))
await turns.take('twenty containers', Math.ceil(rounds / 4), (tool, note) => crowd(tool, 'busybox', note))
await turns.take('pull', Math.ceil(rounds / 5), (tool, note) => pullInto(tool, place, bigImage, 'pull', note))
await turns.take('pull of one large layer', Math.ceil(rounds / 8), (tool, note) =>
  pullInto(tool, place, largeLayer, 'large pull', note),
)
await turns.take('save and load', Math.ceil(rounds / 8), (tool, note) =>
  saveAndLoad(tool, place, bigImage, note),
)
const pushes = {
  sampan: await pushAgain(tools[0], place, bigImage),
  podman: await pushAgain(tools[1], place, bigImage),
}
await turns.take('push of an unchanged image', Math.ceil(rounds / 3), async (tool, note) =>
  note('push', await pushes[tool.name]()),
)
const many = await manyImages(200)
const listing = { sampan: [] as readonly string[], podman: [] as readonly string[] }
for (const tool of tools) {
  listing[tool.name] = withEmptyStore(tool, place)
  await tool.meter.ok([...listing[tool.name], 'load', '-q', '-i', many])
}
await turns.take('images', rounds, async (tool, note) =>
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
    const { code, wall } = await tools[0].meter.run(starters[name])
    if (round > 0 && code === 0) starts[name].push(wall)
  }
}
const start = (name: 'ours' | 'runc' | 'crun') =>
  starts[name].length < rounds
    ? undefined
    : median(starts[name]) - (name === 'ours' ? 0 : median(starts.joining))

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
  { figure: '--version', ...turns.of('wall', '--version'), atMost: { ratio: 0.8 } },
  { figure: 'ps, 20 containers', ...turns.of('wall', 'ps'), atMost: { ratio: 0.8 } },
  { figure: 'run --rm --network none busybox true', ...turns.of('wall', 'run --rm'), atMost: { ratio: 0.3 } },
  { figure: 'run -d', ...turns.of('wall', 'run -d'), atMost: { ratio: 0.4 } },
  { figure: 'exec c true', ...turns.of('wall', 'exec'), atMost: { ratio: 0.4 } },
  { figure: 'stop -t 0', ...turns.of('wall', 'stop -t 0'), atMost: { ratio: 0.4 } },
  { figure: 'rm -f', ...turns.of('wall', 'rm -f'), atMost: { ratio: 0.4 } },
  {
    figure: '20 containers started in parallel',
    ...turns.of('wall', '20 in parallel'),
    atMost: { ratio: 0.4 },
  },
  { figure: 'cold pull, 300 MB, 10,000 files', ...turns.of('wall', 'pull'), atMost: { ratio: 0.5 } },
  { figure: 'cold pull, one layer of 1 GiB', ...turns.of('wall', 'large pull'), atMost: { ratio: 0.5 } },
  { figure: 'push, unchanged, 300 MB, 10,000 files', ...turns.of('wall', 'push'), atMost: { ratio: 0.3 } },
  { figure: 'save, 300 MB, 10,000 files', ...turns.of('wall', 'save'), atMost: { ratio: 0.3 } },
  { figure: 'load, 300 MB, 10,000 files', ...turns.of('wall', 'load'), atMost: { ratio: 0.5 } },
  { figure: 'images, 200 of them', ...turns.of('wall', 'images'), atMost: { ratio: 0.3 } },
  peakRow('peak memory of the pull of 10,000 files (PSS)', bigImage),
  peakRow('peak memory of the pull of 1 GiB (PSS)', largeLayer),
  { figure: 'CPU of the pull of 10,000 files', ...turns.of('cpu', 'pull'), atMost: {} },
  { figure: 'CPU of the pull of 1 GiB', ...turns.of('cpu', 'large pull'), atMost: {} },
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
  { figure: 'CPU of run --rm', ...turns.of('cpu', 'run --rm'), atMost: { ratio: 0.4 } },
  { figure: 'CPU of run -d', ...turns.of('cpu', 'run -d'), atMost: { ratio: 0.4 } },
  { figure: 'CPU of exec', ...turns.of('cpu', 'exec'), atMost: { ratio: 0.4 } },
  { figure: 'CPU of stop', ...turns.of('cpu', 'stop -t 0'), atMost: { ratio: 0.4 } },
]

await report(peers, { subject: '', rounds, rows, raw: { starts, costs: turns.raw }, partial: false })
