/**
 * `pack-difference FOLDER… -- LAYER…`: what the tree of FOLDERs (top first) has changed of the tree that LAYERs make, as
 * one layer of an image, to standard output as a tar. For containers that got a copy of their image (storage driver vfs),
 * and for several layers that are to be one. Runs inside the user namespace for as long as somebody reads.
 */
import { byteName } from '../platform/files/byte-names.ts'
import { compareTrees } from '../platform/files/compare-trees.ts'
import type { UnionEntry } from '../platform/files/union-folder.ts'
import { writeAll } from '../platform/files/write-all.ts'
import { Packer } from '../platform/tar/pack.ts'
import { nameIn } from '../platform/tar/paths.ts'
import { isOfEngine } from './engine-files.ts'

export default function packDifference(args: readonly string[]): undefined {
  const end = args.indexOf('--')
  const folders = args.slice(0, end).map(byteName)
  const layers = args.slice(end + 1).map(byteName)
  const packer = new Packer((bytes) => writeAll(1, bytes, 'the layer'))
  const add = (name: string, { path, stat }: UnionEntry) => packer.add(name, path, stat)
  compareTrees(folders, layers, {
    added: add,
    changed: add,
    removed: (name) => packer.addMark(`${name.slice(0, -nameIn(name).length)}.wh.${nameIn(name)}`),
    ignores: (name, { stat }) => isOfEngine(name, stat),
  })
  packer.end()
}
