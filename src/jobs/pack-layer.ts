/**
 * `pack-layer UPPER`: a container's writable layer as a layer of an image, to standard output as a tar: whiteouts as
 * the OCI image specification has them (layer.md), marks of the overlay left out. Runs inside the user namespace for as
 * long as somebody reads.
 */
import { closeSync, lstatSync } from 'node:fs'
import { byteName, pathOf } from '../platform/files/byte-names.ts'
import { isOpaqueDescriptor, namesIn, openFolder } from '../platform/files/union-folder.ts'
import { writeAll } from '../platform/files/write-all.ts'
import { Packer } from '../platform/tar/pack.ts'
import { isWhiteout, opaqueName } from '../platform/tar/whiteouts.ts'
import { isOfEngine } from './engine-files.ts'

export default function packLayer(args: readonly string[]): undefined {
  const packer = new Packer((bytes) => writeAll(1, bytes, 'the layer'))
  packFolder(byteName(args[0] ?? ''), '', packer)
  packer.end()
}

function packFolder(path: string, above: string, packer: Packer): void {
  const fd = openFolder(path)
  // A container removed it meanwhile.
  if (fd === undefined) return
  try {
    const here = `/proc/self/fd/${fd}`
    if (above !== '' && isOpaqueDescriptor(fd)) packer.addMark(above + opaqueName)
    for (const name of namesIn(fd).sort()) {
      const stat = lstatSync(pathOf(`${here}/${name}`), { bigint: true, throwIfNoEntry: false })
      if (stat === undefined || name === opaqueName || isOfEngine(above + name, stat)) continue
      if (isWhiteout(stat)) packer.addMark(`${above}.wh.${name}`)
      else packer.add(above + name, `${here}/${name}`, stat)
      if (stat.isDirectory()) packFolder(`${here}/${name}`, `${above}${name}/`, packer)
    }
  } finally {
    closeSync(fd)
  }
}
