/**
 * libc through `bun:ffi`. Each topic (lock, process, xattr, files) opens only its own symbols, on first use: about
 * 0.1 ms a topic, nothing at start-up.
 */
import { CString, dlopen, type FFIFunction, FFIType, type Pointer, ptr, read } from 'bun:ffi'

export { FFIType }

/** Opens the symbols; throws at first use where libc lacks one. Debian 11's glibc 2.31 is the oldest we run on. */
export function libc<const Symbols extends Record<string, FFIFunction>>(symbols: Symbols) {
  const opened = dlopen('libc.so.6', symbols).symbols
  // Now, and not when the first call has failed: opening anything could change the errno we are after.
  errnoLocation()
  return opened
}

/** Calls `open` once, at the first use. */
export function lazily<T>(open: () => T): () => T {
  let opened: T | undefined
  return () => {
    opened ??= open()
    return opened
  }
}

const errnoLocation = lazily(() => {
  const { symbols } = dlopen('libc.so.6', { __errno_location: { args: [], returns: FFIType.ptr } })
  return symbols.__errno_location() as Pointer
})

const words = lazily(() => libc({ strerror: { args: [FFIType.i32], returns: FFIType.ptr } }))

/**
 * The errno of the call before. Read at once: nothing of ours may come in between. (The runtime does not touch errno
 * between two foreign calls of one thread: 200,000 failing calls in a row gave the right number each time.)
 */
export function lastErrno(): number {
  return read.i32(errnoLocation(), 0)
}

/** By the runtime's table: strerrorname_np(3) came with glibc 2.32, after Debian 11. */
function errnoName(errno: number): string {
  const names = Object.entries(process.getBuiltinModule('node:os').constants.errno)
  return names.find(([, number]) => number === errno)?.[0] ?? `E${errno}`
}

/** What node:fs throws: `code` (`EWOULDBLOCK` as libc spells it: `EAGAIN`), `errno`, `syscall` and `path`. */
export class SystemError extends Error {
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly path: string | undefined

  constructor(errno: number, syscall: string, path?: string) {
    const { strerror } = words()
    const code = errnoName(errno)
    const sentence = strerror(errno)
    const text = sentence === null ? code : new CString(sentence).toString()
    super(`${syscall}${path === undefined ? '' : ` ${path}`}: ${text}`)
    this.name = 'SystemError'
    this.code = code
    this.errno = errno
    this.syscall = syscall
    this.path = path
  }
}

/** A file name as the kernel takes it: text, or bytes where a name is not valid UTF-8. */
export type Path = string | Uint8Array

/** Throws what errno says, unless `result` is a success (0 or more). Returns `result`. */
export function checked(result: number, syscall: string, path?: Path): number {
  if (result >= 0) return result
  throw new SystemError(lastErrno(), syscall, path === undefined ? undefined : printable(path))
}

/** NUL-terminated bytes of a path or word. Throws EINVAL for one that has a NUL inside: the kernel would cut it off. */
export function terminated(text: Path): Uint8Array {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  if (bytes.includes(0)) throw new SystemError(22, 'path', printable(text))
  const out = new Uint8Array(bytes.length + 1)
  out.set(bytes)
  return out
}

function printable(path: Path): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString()
}

/** Where these bytes are in memory: only for pointers inside structures, while `bytes` is reachable. */
export function address(bytes: Uint8Array): number {
  return ptr(bytes)
}
