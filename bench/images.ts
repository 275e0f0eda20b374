/** The stories of the image figures: pull, save, load, list. Every one begins with a store that has nothing. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from '../test/support/images.ts'
import { sha256 } from '../test/support/oci-image.ts'
import { ok } from '../test/support/process.ts'
import { archive, file } from '../test/support/tar-bytes.ts'
import { stage } from '../test/support/user.ts'
import type { Cost } from './meter.ts'
import type { Place } from './place.ts'
import type { Tool } from './tools.ts'

type Note = (figure: string, cost: Cost) => void

let stores = 0

/**
 * The tool with an empty store. Stores are removed at the end of the benchmark and not before: ext4 without a journal
 * walks around inodes that were deleted in the last minutes, and takes seconds for it.
 */
export function withEmptyStore(tool: Tool, place: Place): readonly string[] {
  stores += 1
  return [...tool.argv, '--root', join(place.home, `store-${stores}`)]
}

export async function pullInto(tool: Tool, place: Place, image: string, figure: string, note: Note) {
  note(figure, await tool.meter.ok([...withEmptyStore(tool, place), 'pull', '-q', image]))
}

/** Saves the image to a file of the tool's own, and loads that into another store. */
export async function saveAndLoad(tool: Tool, place: Place, image: string, note: Note) {
  const store = withEmptyStore(tool, place)
  await tool.meter.ok([...store, 'pull', '-q', image])
  const saved = join(place.home, `saved-${stores}.tar`)
  note('save', await tool.meter.ok([...store, 'save', '-q', '-o', saved, image]))
  note('load', await tool.meter.ok([...withEmptyStore(tool, place), 'load', '-q', '-i', saved]))
}

/** Pushes what the registry has already: the second push of the same image by the same tool. */
export async function pushAgain(tool: Tool, place: Place, image: string): Promise<() => Promise<Cost>> {
  const store = withEmptyStore(tool, place)
  await tool.meter.ok([...store, 'pull', '-q', image])
  return () => tool.meter.ok([...store, 'push', '-q', image])
}

/** An archive with so many small images, each its own. */
export async function manyImages(count: number): Promise<string> {
  const path = join(stage, `bench-${count}-images-1.tar`)
  await once(path, async (target, work) => {
    const folder = join(work, 'parts')
    mkdirSync(folder)
    const layer = archive(file('a', 'a'))
    writeFileSync(join(folder, 'layer.tar'), layer)
    const manifest = Array.from({ length: count }, (_, n) => {
      const config = JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        created: '2026-01-02T03:04:05Z',
        config: { Labels: { number: String(n) } },
        rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      })
      writeFileSync(join(folder, `${n}.json`), config)
      return { Config: `${n}.json`, RepoTags: [`localhost/many:${n}`], Layers: ['layer.tar'] }
    })
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
    await ok(['tar', '-C', folder, '-cf', target, '.'])
  })
  return path
}
