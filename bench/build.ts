/** bench/build: what builds cost, beside podman build. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDebian, makeImages } from '../test/support/images.ts'
import { ok } from '../test/support/process.ts'
import { withEmptyStore } from './images.ts'
import { makePeers } from './peers.ts'
import { report } from './report.ts'
import type { Row } from './table.ts'
import type { Tool } from './tools.ts'
import { Turns } from './turns.ts'

const rounds = Number(process.argv[2] ?? 5)
const wanted = process.argv[3]

await makeImages()
const layout = await makeDebian()
await using peers = await makePeers('localhost', { ownDisk: true })
const { place, sampan, podman, tools } = peers
/** Each tool's own store, with the base image in it; none is removed before the end. */
const stores = { sampan: withEmptyStore(sampan, place), podman: withEmptyStore(podman, place) }
const archive = join(place.home, 'debian.tar')
await ok(['skopeo', 'copy', '-q', `oci:${layout}:12`, `docker-archive:${archive}:localhost/debian:12`])
for (const tool of tools) await tool.meter.ok([...stores[tool.name], 'load', '-q', '-i', archive])

const turns = new Turns(tools, wanted)

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
await turns.take('six steps', rounds, async (tool, note, round) => {
  const words = ['--build-arg', `ROUND=${round}`]
  note('six steps, cold', await build(tool, small, ...words))
  note('six steps, cached', await build(tool, small, ...words))
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
await turns.take('20,000 files', Math.max(2, Math.ceil(rounds / 2)), async (tool, note, round) => {
  const context = manyFiles(`many-${tool.name}-${round}`)
  note('20,000 files, cold', await build(tool, context))
  note('20,000 files, cached', await build(tool, context))
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
await turns.take('four stages', Math.max(2, Math.ceil(rounds / 2)), async (tool, note, round) => {
  const of = (name: string) =>
    build(tool, join(place.home, name), '--jobs', '4', '--build-arg', `ROUND=${round}`)
  note('one stage of 2 s', await of('one'))
  note('four stages of 2 s', await of('four'))
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
await turns.take('ignored', rounds, async (tool, note) => {
  note('1 GB ignored, cached', await build(tool, join(place.home, 'ignored')))
})

const row = (figure: string, part: 'wall' | 'cpu', atMost: Row['atMost']): Row => ({
  figure: part === 'cpu' ? `CPU of ${figure}` : figure,
  ...turns.of(part, figure),
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
    ...turns.of('wall', 'four stages of 2 s'),
    peer: turns.of('wall', 'one stage of 2 s').ours,
    atMost: { ratio: 1.3 },
  },
  row('1 GB ignored, cached', 'wall', { absolute: 100 }),
  row('six steps, cold', 'cpu', {}),
  row('six steps, cached', 'cpu', {}),
  row('20,000 files, cold', 'cpu', {}),
]

await report(peers, {
  subject: 'build',
  rounds,
  rows,
  raw: { costs: turns.raw },
  partial: wanted !== undefined,
})
