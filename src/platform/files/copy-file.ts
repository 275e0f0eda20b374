/** Copies of single files that keep their holes. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { dataOf } from './holes.ts'

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
  for (const { offset, length } of dataOf(source, size)) {
    for (let at = offset; at < offset + length; ) {
      const count = readSync(source, buffer, 0, Math.min(buffer.length, offset + length - at), at)
      // Somebody made it shorter meanwhile.
      if (count === 0) return
      for (let done = 0; done < count; ) done += writeSync(target, buffer, done, count - done, at + done)
      at += count
    }
  }
  ftruncateSync(target, size)
}
