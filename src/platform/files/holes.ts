/** Where a file has data, and where it has nothing: lseek(2), SEEK_DATA and SEEK_HOLE. */
import { FFIType, lazily, libc } from '../libc/library.ts'

const { i32, i64 } = FFIType
const calls = lazily(() => libc({ lseek: { args: [i32, i64, i32], returns: i64 } }))
const SEEK_DATA = 3
const SEEK_HOLE = 4

export interface Stretch {
  readonly offset: number
  readonly length: number
}

/** In order; nothing for a file that is one hole. A file system without holes is all data. */
export function* dataOf(fd: number, size: number): Generator<Stretch> {
  for (let at = nextData(fd, 0, size); at < size; ) {
    const end = endOfData(fd, at, size)
    yield { offset: at, length: end - at }
    at = nextData(fd, end, size)
  }
}

/** Loads what it needs: after a chroot that would be looked for in the container's own files. */
export function prepareHoles(): void {
  calls()
}

/** `size` when there is only a hole (ENXIO). */
function nextData(fd: number, from: number, size: number): number {
  if (from >= size) return size
  const at = Number(calls().lseek(fd, from, SEEK_DATA))
  return at < 0 ? size : at
}

function endOfData(fd: number, from: number, size: number): number {
  const at = Number(calls().lseek(fd, from, SEEK_HOLE))
  return at < 0 ? size : Math.min(at, size)
}
