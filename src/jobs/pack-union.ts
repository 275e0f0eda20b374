/**
 * `pack-union [--image] FOLDER…`: several folders, the top one first, as the one tree that an overlay of them shows, to
 * standard output as a tar; with `--image` without the files that the engine made. Runs inside the user namespace for as
 * long as somebody reads.
 */
import { byteName } from '../platform/files/byte-names.ts'
import { UnionFolder } from '../platform/files/union-folder.ts'
import { writeAll } from '../platform/files/write-all.ts'
import { Packer } from '../platform/tar/pack.ts'
import { isOfEngine } from './engine-files.ts'

export default function packUnion(args: readonly string[]): undefined {
  const forImage = args[0] === '--image'
  const packer = new Packer((bytes) => writeAll(1, bytes, 'the archive'))
  using top = UnionFolder.open((forImage ? args.slice(1) : args).map(byteName))
  packFolder(top, '', { packer, forImage })
  packer.end()
}

interface Course {
  readonly packer: Packer
  readonly forImage: boolean
}

function packFolder(folder: UnionFolder, above: string, course: Course): void {
  for (const { name, path, stat, levels } of folder.entries()) {
    if (course.forImage && isOfEngine(above + name, stat)) continue
    course.packer.add(above + name, path, stat)
    if (levels.length === 0) continue
    using below = UnionFolder.open(levels)
    packFolder(below, `${above}${name}/`, course)
  }
}
