/** Copies of single files that keep their holes. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { FFIType, lazily, libc } from '../libc/library.ts'

const { i32, i64 } = FFIType
const calls = lazily(() => libc({ lseek: { args: [i32, i64, i32], returns: i64 } }))
const SEEK_DATA = 3
const SEEK_HOLE = 4
const bufferSize = 1 << 20

/** Makes `to`, which must not exist: the bytes of `from` in mode 0600. Owner, mode and times are the caller's. */
export function copyFile(from: string | Buffer, to: string | Buffer): void {
  const source = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const target = openSync(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      copyData(source, target, fstatSync(source).size)
    } finally {
      closeSync(target)
    }
  } finally {
    closeSync(source)
  }
}

function copyData(source: number, target: number, size: number): void {
  const buffer = Buffer.allocUnsafeSlow(Math.min(bufferSize, Math.max(size, 1)))
  for (let at = nextData(source, 0, size); at < size; ) {
    const end = endOfData(source, at, size)
    while (at < end) {
      const count = readSync(source, buffer, 0, Math.min(buffer.length, end - at), at)
      // Somebody made it shorter meanwhile.
      if (count === 0) return
      for (let done = 0; done < count; ) done += writeSync(target, buffer, done, count - done, at + done)
      at += count
    }
    at = nextData(source, end, size)
  }
  ftruncateSync(target, size)
}

/** Where the next data begins, `size` when there is only a hole (ENXIO). A file system without holes is all data. */
function nextData(fd: number, from: number, size: number): number {
  if (from >= size) return size
  const at = Number(calls().lseek(fd, from, SEEK_DATA))
  return at < 0 ? size : at
}

function endOfData(fd: number, from: number, size: number): number {
  const at = Number(calls().lseek(fd, from, SEEK_HOLE))
  return at < 0 ? size : Math.min(at, size)
}
