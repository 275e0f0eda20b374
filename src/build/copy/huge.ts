/** A word about a copy that is larger than anybody means it to be. Pure. */

import type { Piece } from './items.ts'
import { textOf } from './names.ts'
import type { CopyRequest } from './types.ts'

const MANY_BYTES = 500e6
const MANY_FILES = 50_000
const MOST_NAMED = 3

/** Undefined for a copy of the usual size. */
export function warnOfSize(
  { instruction, sources }: CopyRequest,
  pieces: readonly Piece[],
): string | undefined {
  const folders = new Map<string, { bytes: number; files: number }>()
  let [bytes, files] = [0, 0]
  for (const { to, kind, size = 0 } of pieces.flatMap(({ items }) => items)) {
    if (kind !== 'file') continue
    bytes += size
    files += 1
    const slash = to.indexOf('/')
    if (slash < 0) continue
    const folder = to.slice(0, slash)
    const sum = folders.get(folder) ?? { bytes: 0, files: 0 }
    sum.bytes += size
    sum.files += 1
    folders.set(folder, sum)
  }
  if (bytes < MANY_BYTES && files < MANY_FILES) return undefined
  const most = [...folders]
    .sort(([, a], [, b]) => (bytes < MANY_BYTES ? b.files - a.files : b.bytes - a.bytes))
    .slice(0, MOST_NAMED)
    .map(([name, sum]) => `${textOf(name)} (${megabytes(sum.bytes)} in ${sum.files} files)`)
  const where = most.length === 0 ? '' : `; the biggest folders: ${most.join(', ')}`
  return `${instruction} ${sources.join(' ')}: ${megabytes(bytes)} in ${files} files${where}. What the image does not need belongs into .dockerignore`
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)}GB` : `${Math.round(bytes / 1e6)}MB`
}
