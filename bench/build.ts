/** bench/build: what builds cost, beside podman build. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { makeDebian, makeImages } from '../test/support/images.ts'
import { ok } from '../test/support/process.ts'
import { executable, stage } from '../test/support/user.ts'
import { withEmptyStore } from './images.ts'
import { type Cost, Meter } from './meter.ts'
import { makePlace, setUpPodman } from './place.ts'
import { median, type Row, render } from './table.ts'
import type { Tool } from './tools.ts'

const rounds = Number(process.argv[2] ?? 5)
const wanted = process.argv[3]

await makeImages()
const layout = await makeDebian()
await using place = makePlace()
setUpPodman(place, 'localhost')
await using sampanMeter = new Meter([...place.become, join(stage, 'measure')])
await using podmanMeter = new Meter([...place.become, join(stage, 'measure')])
const sampan: Tool = { name: 'sampan', argv: [executable], meter: sampanMeter }
const podman: Tool = { name: 'podman', argv: ['podman'], meter: podmanMeter }
const tools = [sampan, podman] as const
/** Each tool's own store, with the base image in it; none is removed before the end. */
const stores = { sampan: withEmptyStore(sampan, place), podman: withEmptyStore(podman, place) }
const archive = join(place.home, 'debian.tar')
await ok(['skopeo', 'copy', '-q', `oci:${layout}:12`, `docker-archive:${archive}:localhost/debian:12`])
for (const tool of tools) await tool.meter.ok([...stores[tool.name], 'load', '-q', '-i', archive])

type Story = (tool: Tool, round: number) => Promise<Readonly<Record<string, Cost>>>
const costs = new Map<string, Cost[]>()

/** A B A B; the first round is not counted. */
async function inTurns(what: string, times: number, story: Story): Promise<void> {
  if (wanted !== undefined && !what.includes(wanted)) return
  process.stderr.write(`${what}: `)
  for (let round = 0; round <= times; round++) {
    for (const tool of tools) {
      const found = Object.entries(await story(tool, round))
      for (const [figure, cost] of round === 0 ? [] : found) {
        const key = `${tool.name} ${figure}`
        costs.set(key, [...(costs.get(key) ?? []), cost])
      }
    }
    process.stderr.write('.')
  }
  process.stderr.write('\n')
}

/** `--layers` is podman's cache; ours is always on. */
const build = (tool: Tool, context: string, ...words: string[]) =>
  tool.meter.ok([
    ...stores[tool.name],
    'build',
    '-q',
    ...(tool.name === 'podman' ? ['--layers'] : []),
    ...['--network', 'none', '-t', 'bench', ...words, context],
  ])

const small = join(place.home, 'small')
place.write('small/src/main.c', 'int main(void) { return 0; }\n')
place.write(
  'small/Dockerfile',
  `FROM localhost/debian:12
ARG ROUND
RUN mkdir -p /srv/app && echo "$ROUND" > /srv/app/round
WORKDIR /srv/app
COPY src src/
RUN find src -type f | sort > list && sha256sum $(cat list) > sums
RUN cp -r src copy && chown -R www-data copy
CMD ["cat", "round"]
`,
)
await inTurns('six steps', rounds, async (tool, round) => {
  const words = ['--build-arg', `ROUND=${round}`]
  return {
    'six steps, cold': await build(tool, small, ...words),
    'six steps, cached': await build(tool, small, ...words),
  }
})

/** A context of its own for each: what a tool knows of files must not help it, nor the other's. */
function manyFiles(name: string): string {
  for (let folder = 0; folder < 200; folder++) {
    const path = join(place.home, name, `d${folder}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < 100; file++)
      writeFileSync(join(path, `f${file}`), `${name} ${folder} ${file}\n`)
  }
  place.write(`${name}/Dockerfile`, 'FROM scratch\nCOPY . /app\n')
  return join(place.home, name)
}
await inTurns('20,000 files', Math.max(2, Math.ceil(rounds / 2)), async (tool, round) => {
  const context = manyFiles(`many-${tool.name}-${round}`)
  const cold = await build(tool, context)
  return { '20,000 files, cold': cold, '20,000 files, cached': await build(tool, context) }
})

const stages = (count: number) => {
  const names = Array.from({ length: count }, (_, n) => `s${n}`)
  return [
    ...names.map(
      (name) => `FROM localhost/debian:12 AS ${name}\nARG ROUND\nRUN sleep 2; echo "$ROUND" > /${name}\n`,
    ),
    'FROM scratch\n',
    ...names.map((name) => `COPY --from=${name} /${name} /\n`),
  ].join('')
}
place.write('one/Dockerfile', stages(1))
place.write('four/Dockerfile', stages(4))
await inTurns('four stages', Math.max(2, Math.ceil(rounds / 2)), async (tool, round) => {
  const of = (name: string) =>
    build(tool, join(place.home, name), '--jobs', '4', '--build-arg', `ROUND=${round}`)
  return { 'one stage of 2 s': await of('one'), 'four stages of 2 s': await of('four') }
})

place.write('ignored/Dockerfile', 'FROM scratch\nCOPY . /app\n')
place.write('ignored/.dockerignore', '*\n!kept\n')
place.write('ignored/kept/file', 'kept\n')
const junk = join(place.home, 'ignored/junk')
for (let folder = 0; folder < 100; folder++) {
  mkdirSync(join(junk, String(folder)), { recursive: true })
  for (let file = 0; file < 100; file++)
    writeFileSync(join(junk, String(folder), String(file)), Buffer.alloc(100_000))
}
await inTurns('ignored', rounds, async (tool) => ({
  '1 GB ignored, cached': await build(tool, join(place.home, 'ignored')),
}))

const figureOf = (tool: Tool, figure: string, part: 'wall' | 'cpu'): number | undefined => {
  const all = costs.get(`${tool.name} ${figure}`)
  return all === undefined ? undefined : median(all.map((cost) => cost[part]))
}
const row = (figure: string, part: 'wall' | 'cpu', atMost: Row['atMost']): Row => ({
  figure: part === 'cpu' ? `CPU of ${figure}` : figure,
  unit: 'ms',
  ours: figureOf(sampan, figure, part),
  peer: figureOf(podman, figure, part),
  atMost,
})
const rows: Row[] = [
  row('six steps, cold', 'wall', { ratio: 0.5 }),
  row('six steps, cached', 'wall', { ratio: 0.15, absolute: 150 }),
  row('20,000 files, cold', 'wall', { ratio: 0.5 }),
  row('20,000 files, cached', 'wall', {}),
  row('four stages of 2 s', 'wall', {}),
  {
    figure: 'four stages of 2 s, beside one of our own',
    unit: 'ms',
    ours: figureOf(sampan, 'four stages of 2 s', 'wall'),
    peer: figureOf(sampan, 'one stage of 2 s', 'wall'),
    atMost: { ratio: 1.3 },
  },
  row('1 GB ignored, cached', 'wall', { absolute: 100 }),
  row('six steps, cold', 'cpu', {}),
  row('six steps, cached', 'cpu', {}),
  row('20,000 files, cold', 'cpu', {}),
].filter(({ ours, peer }) => ours !== undefined || peer !== undefined)

const version = (argv: readonly string[]) =>
  ok([...place.become, ...argv, '--version']).then((text) => text.trim())
const conditions = `${await version([executable])} beside ${await version(['podman'])} · Linux ${release()} · ${cpus().length} CPUs · ${rounds} rounds in turns, medians`
const table = `${conditions}\n\n${render(rows)}\n`
console.log(table)
if (wanted === undefined) {
  const date = new Date().toISOString()
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
  const file = join(import.meta.dirname, 'results', `${date.slice(0, 10)}-build`)
  writeFileSync(`${file}.md`, `# ${date.slice(0, 16).replace('T', ' ')} UTC\n\n${table}`)
  writeFileSync(
    `${file}.json`,
    `${JSON.stringify({ date, conditions, rows, costs: Object.fromEntries(costs) })}\n`,
  )
}
