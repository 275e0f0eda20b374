/**
 * Files packed in the executable: the helper, slirp4netns, pasta, fuse-overlayfs, the busybox image, licence texts.
 * Each is unpacked to CACHE/embedded/SHA256/ on first need; later starts cost one system call. From source
 * (`bin/sampan`) the helper is native/build/sampan-helper and the other packs are those of dist/embedded.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SampanError } from '../../errors.ts'
import type { Directories } from '../host/directories.ts'
import { cachedFile } from './cache.ts'
import { readPack } from './pack.ts'

export type Tool = 'slirp4netns' | 'pasta' | 'fuse-overlayfs'
export type PackName = 'helper' | 'image' | 'licences' | Tool

/** The SHA-256 of each pack; made by scripts/build-packs.ts, in the executable through `--define`. */
export type PackDigests = Readonly<Record<PackName, string>>
declare const SAMPAN_PACKS: PackDigests | undefined

/** Whether this is the packed executable. */
export const packed = typeof SAMPAN_PACKS !== 'undefined'

/** The checkout, when run from source. */
const checkout = join(import.meta.dirname, '../../..')

/** The helper's path. Throws a SampanError that says why it cannot be unpacked or run. */
export function helperPath(directories: Directories): string {
  if (packed) return file('helper', 'sampan-helper', 'run', directories)
  const built = join(checkout, 'native/build/sampan-helper')
  if (existsSync(built)) return built
  throw new SampanError(`${built} has not been built`, { hint: `make -C ${join(checkout, 'native')}` })
}

/** argv prefix that runs a bundled tool by its own ld.so with its own libraries: nothing is needed from the host. */
export function toolCommand(tool: Tool, directories: Directories): string[] {
  const program = file(tool, tool, 'run', directories)
  const folder = dirname(program)
  return [join(folder, 'ld.so'), '--library-path', folder, '--argv0', tool, program]
}

/** The name of the image that needs no registry. */
export const embeddedReference = 'docker.io/sampan/busybox:latest'

/** An OCI archive (tar) with that image. */
export function embeddedImage(directories: Directories): string {
  return file('image', 'busybox.tar', 'read', directories)
}

/** The licences of everything inside the executable, one text. */
export function licences(): string {
  return readPack(readAsset('licences'))
    .map((file) => Buffer.from(file.bytes).toString())
    .join('')
}

function file(pack: PackName, name: string, use: 'run' | 'read', directories: Directories): string {
  const read = () => readAsset(pack)
  return cachedFile(directories.cache, { sha256: digests()[pack], read }, name, use)
}

/** A pack's bytes, from the executable (where Bun shows embedded files below /$bunfs) or from dist/embedded. */
function readAsset(pack: PackName): Uint8Array {
  const name = `${pack}.pack`
  return readFileSync(packed ? `/$bunfs/root/${name}` : join(checkout, 'dist/embedded', name))
}

function digests(): PackDigests {
  if (typeof SAMPAN_PACKS !== 'undefined') return SAMPAN_PACKS
  const list = join(checkout, 'dist/embedded/packs.json')
  if (existsSync(list)) return JSON.parse(readFileSync(list, 'utf8')) as PackDigests
  throw new SampanError(`${list} has not been built`, { hint: 'npm run build' })
}
