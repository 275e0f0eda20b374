/**
 * By hand: the most memory that unpacking an archive of very many entries takes.
 *
 *     node_modules/@oven/bun-linux-x64/bin/bun bench/entries.ts [COUNT]
 *
 * A million by default, in folders of a thousand; needs as many inodes, which are given back at the end.
 */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { endOfArchive, headerBlocks, plainEntry } from '../src/platform/tar/write.ts'
import { ok } from '../test/support/process.ts'
import { executable } from '../test/support/user.ts'
import { peakMemory } from './peak.ts'
import { makePlace } from './place.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const inFolder = 1000

function* entries(): Generator<Uint8Array> {
  for (let n = 0; n < count; n++) {
    const folder = `folder-${Math.floor(n / inFolder)}`
    if (n % inFolder === 0) yield headerBlocks(plainEntry({ name: folder, kind: 'folder', mode: 0o755 }))
    yield headerBlocks(plainEntry({ name: `${folder}/file-${n}`, size: 0 }))
  }
  yield endOfArchive
}

await using place = await makePlace()
const archive = place.write('many.tar.gz', '')
await pipeline(Readable.from(entries()), createGzip({ level: 1 }), createWriteStream(archive))
const tool = [executable, '--root', join(place.home, 'store')]
const peak = await peakMemory([...place.become, ...tool, 'import', archive, 'many'])
console.log(`${count} entries: ${peak} kB at most (PSS of all processes)`)
await ok([...place.become, ...tool, 'system', 'reset', '--force'])
