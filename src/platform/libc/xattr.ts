/** Extended attributes of a path, symbolic links not followed (lsetxattr(2) and its family). */
import { checked, FFIType, lastErrno, lazily, libc, type Path, SystemError, terminated } from './library.ts'

const { i32, i64, ptr, u64 } = FFIType
const calls = lazily(() =>
  libc({
    lsetxattr: { args: [ptr, ptr, ptr, u64, i32], returns: i32 },
    lgetxattr: { args: [ptr, ptr, ptr, u64], returns: i64 },
    llistxattr: { args: [ptr, ptr, u64], returns: i64 },
    lremovexattr: { args: [ptr, ptr], returns: i32 },
  }),
)

const ENODATA = 61
const ERANGE = 34
/** A pointer is wanted even where the length is 0. */
const nothing = new Uint8Array(1)

/** Creates or replaces. Throws ENOTSUP where the file system keeps none, EPERM where the namespace may not. */
export function setXattr(path: Path, name: string, value: Uint8Array): void {
  const bytes = value.length === 0 ? nothing : value
  checked(calls().lsetxattr(terminated(path), terminated(name), bytes, value.length, 0), 'lsetxattr', path)
}

/** The value, or undefined when the file has no such attribute. */
export function getXattr(path: Path, name: string): Uint8Array | undefined {
  const [file, attribute] = [terminated(path), terminated(name)]
  return growing(path, 'lgetxattr', (buffer) => calls().lgetxattr(file, attribute, buffer, buffer.length))
}

/** The names of all attributes this process may see. */
export function listXattr(path: Path): string[] {
  const file = terminated(path)
  const bytes = growing(path, 'llistxattr', (buffer) => calls().llistxattr(file, buffer, buffer.length))
  const names = Buffer.from(bytes ?? []).toString()
  return names === '' ? [] : names.slice(0, -1).split('\0')
}

export function removeXattr(path: Path, name: string): void {
  checked(calls().lremovexattr(terminated(path), terminated(name)), 'lremovexattr', path)
}

/** Reads into a bigger buffer while the kernel says ERANGE; 64 kB is the most a value or a list can have. */
function growing(
  path: Path,
  syscall: string,
  fill: (buffer: Uint8Array) => number | bigint,
): Uint8Array | undefined {
  for (const size of [256, 4096, 65536]) {
    const buffer = new Uint8Array(size)
    const length = Number(fill(buffer))
    if (length >= 0) return buffer.subarray(0, length)
    const errno = lastErrno()
    if (errno === ENODATA) return undefined
    if (errno !== ERANGE || size === 65536) {
      throw new SystemError(errno, syscall, typeof path === 'string' ? path : Buffer.from(path).toString())
    }
  }
  return undefined
}
