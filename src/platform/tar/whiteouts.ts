/**
 * Deletions in a layer (OCI image spec, layer.md, "Whiteouts"), as the kernel's overlay and fuse-overlayfs know them:
 * a character device 0:0 hides a name, the attribute `user.overlay.opaque=y` hides what lower layers have in a folder.
 */
import { closeSync, lstatSync, openSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'
import { pathOf } from '../files/byte-names.ts'
import { getXattr, setXattr } from '../libc/xattr.ts'

export type Whiteout =
  | { readonly kind: 'hides'; readonly name: string }
  | { readonly kind: 'opaque' }
  /** Bookkeeping of AUFS that old images still carry. */
  | { readonly kind: 'ignored' }
  /** `.wh.`, `.wh..` and `.wh...` would hide "", "." and "..". */
  | { readonly kind: 'refused' }

const opaqueAttribute = 'user.overlay.opaque'
/** fuse-overlayfs' own name for the same mark, where it may not set the kernel's. */
const opaqueAttributes = [opaqueAttribute, 'user.fuseoverlayfs.opaque']
export const opaqueName = '.wh..wh..opq'

/** What an entry whose last name begins with `.wh.` says. */
export function whiteoutIn(name: string): Whiteout {
  if (name === opaqueName) return { kind: 'opaque' }
  if (name.startsWith('.wh..wh.')) return { kind: 'ignored' }
  const hidden = name.slice('.wh.'.length)
  return hidden === '' || hidden === '.' || hidden === '..'
    ? { kind: 'refused' }
    : { kind: 'hides', name: hidden }
}

export function isWhiteout(stat: { isCharacterDevice(): boolean; readonly rdev: number | bigint }): boolean {
  return stat.isCharacterDevice() && BigInt(stat.rdev) === 0n
}

/** Whether a folder, as a byte string, hides everything that lower ones have in its place. */
export function isOpaque(path: string): boolean {
  if (lstatSync(pathOf(`${path}/${opaqueName}`), { throwIfNoEntry: false }) !== undefined) return true
  return opaqueAttributes.some((name) => getXattr(pathOf(path), name)?.[0] === 0x79 /* y */)
}

/** `path`: a folder, as a byte string. */
export function markOpaque(path: string): void {
  try {
    setXattr(pathOf(path), opaqueAttribute, Buffer.from('y'))
  } catch (error) {
    // No user attributes on this file system: then it cannot carry the kernel's overlay either, and fuse-overlayfs
    // and plain copies also understand the marker file.
    if (errnoOf(error) !== 'ENOTSUP' && errnoOf(error) !== 'EOPNOTSUPP') throw error
    closeSync(openSync(pathOf(`${path}/${opaqueName}`), 'w', 0o600))
  }
}
