/** bench/data: what it costs to move files between the host, containers and images, beside podman. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { busyboxArchive, makeImages } from '../test/support/images.ts'
import { makePeers } from './peers.ts'
import { report } from './report.ts'
import type { Row } from './table.ts'
import { call, removeNow, type Tool } from './tools.ts'
import { Turns } from './turns.ts'

const rounds = Number(process.argv[2] ?? 5)
/** Only stories of this name; nothing is written then. */
const wanted = process.argv[3]
const FILES = 10_000

await makeImages()
await using peers = await makePeers('localhost', { ownDisk: true })
const { place, tools } = peers
for (const tool of tools) await call(tool, 'load', '-q', '-i', busyboxArchive)
const turns = new Turns(tools, wanted)

for (let file = 0; file < FILES; file++) {
  const folder = join(place.home, 'many', `d${file % 100}`)
  if (file < 100) mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `f${file}`), `${file}\n`.repeat(100))
}
place.write('done', '')

const none = ['--network', 'none']
const start = (tool: Tool, ...command: string[]) =>
  call(tool, 'run', '-d', '--name', 'box', ...none, 'busybox', ...command)

await turns.take('cp', rounds, async (tool, note, round) => {
  await start(tool, 'sleep', '600')
  note('cp in', await call(tool, 'cp', join(place.home, 'many'), 'box:/many'))
  note('cp out', await call(tool, 'cp', 'box:/many', join(place.home, `${tool.name}-${round}`)))
  await removeNow(tool, 'box')
})

await turns.take('commit', rounds, async (tool, note, round) => {
  // Half of it compresses, as programs do.
  const script =
    'for n in 1 2 3; do head -c 52428800 /dev/urandom > /r$n; yes sampan | head -c 52428800 > /y$n; done'
  await call(tool, 'run', '--name', 'box', ...none, 'busybox', 'sh', '-c', script)
  note('commit', await call(tool, 'commit', '-q', 'box', `localhost/committed:${round}`))
  await removeNow(tool, 'box')
})

await start(tools[0], 'sleep', '600')
await start(tools[1], 'sleep', '600')
await turns.take('inspect', rounds * 3, async (tool, note) => {
  note('inspect', await call(tool, 'inspect', 'box'))
})
for (const tool of tools) await removeNow(tool, 'box')

const rows: Row[] = [
  { figure: 'cp of 10,000 files into a container', ...turns.of('wall', 'cp in'), atMost: { ratio: 0.5 } },
  { figure: 'cp of 10,000 files to the host', ...turns.of('wall', 'cp out'), atMost: { ratio: 0.5 } },
  { figure: 'commit of 300 MB', ...turns.of('wall', 'commit'), atMost: { ratio: 0.5 } },
  { figure: 'inspect of a container', ...turns.of('wall', 'inspect'), atMost: { ratio: 0.8 } },
  { figure: 'CPU of the cp into a container', ...turns.of('cpu', 'cp in'), atMost: {} },
  { figure: 'CPU of the cp to the host', ...turns.of('cpu', 'cp out'), atMost: {} },
  { figure: 'CPU of the commit', ...turns.of('cpu', 'commit'), atMost: {} },
]
await report(peers, {
  subject: 'data',
  rounds,
  rows,
  raw: { costs: turns.raw },
  partial: wanted !== undefined,
})
