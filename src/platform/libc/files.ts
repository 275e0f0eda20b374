/** File system calls that node:fs does not have. */
import { checked, FFIType, lastErrno, lazily, libc, type Path, SystemError, terminated } from './library.ts'

const { i32, i64, ptr, u32, u64 } = FFIType
const calls = lazily(() =>
  libc({
    syscall: { args: [i64, i64, ptr, u32, u64], returns: i64 },
    chroot: { args: [ptr], returns: i32 },
    syncfs: { args: [i32], returns: i32 },
    utimensat: { args: [i32, ptr, ptr, i32], returns: i32 },
    futimens: { args: [i32, ptr], returns: i32 },
    renameat2: { args: [i32, ptr, i32, ptr, u32], returns: i32 },
    posix_fadvise: { args: [i32, i64, i64, i32], returns: i32 },
    sync_file_range: { args: [i32, i64, i64, u32], returns: i32 },
  }),
)

/** By number: mknod(2) was an inline function of glibc before 2.33, so Debian 11's has no such symbol. */
const SYS_mknodat = process.arch === 'arm64' ? 33 : 259
const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const RENAME_NOREPLACE = 1
const EEXIST = 17

/** Types of mknod(2), to be ored with the permission bits. */
export const nodeType = { fifo: 0o010000, character: 0o020000, block: 0o060000, socket: 0o140000 } as const

/** `mode`: one of nodeType and permission bits (the umask applies). Device 0:0 (a whiteout) needs no privilege. */
export function mknod(path: Path, mode: number, device = 0n): void {
  checked(Number(calls().syscall(SYS_mknodat, AT_FDCWD, terminated(path), mode, device)), 'mknod', path)
}

/** The number of a device as the kernel and glibc have it (makedev(3)). */
export function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return (
    ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
  )
}

/** From now on `/` is this folder, for the whole process. The caller does the chdir. */
export function chroot(path: Path): void {
  checked(calls().chroot(terminated(path)), 'chroot', path)
}

/** Writes the whole file system of this descriptor to the disk. */
export function syncfs(fd: number): void {
  checked(calls().syncfs(fd), 'syncfs')
}

/** Access and modification time in nanoseconds of the epoch; a link's own, not its target's. */
export function setTimes(path: Path, accessed: bigint, modified: bigint): void {
  const times = new BigInt64Array([...timespec(accessed), ...timespec(modified)])
  checked(calls().utimensat(AT_FDCWD, terminated(path), times, AT_SYMLINK_NOFOLLOW), 'utimensat', path)
}

/** Both times of an open file. */
export function setFileTimes(fd: number, time: bigint): void {
  const [seconds, nanoseconds] = timespec(time)
  both[0] = both[2] = seconds
  both[1] = both[3] = nanoseconds
  checked(calls().futimens(fd, both), 'futimens')
}

/** One for all calls: ten thousand files need ten thousand calls, not as many arrays. */
const both = new BigInt64Array(4)

/** Seconds and nanoseconds; nanoseconds are never negative, also before 1970. */
function timespec(nanoseconds: bigint): [bigint, bigint] {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return [(nanoseconds - rest) / 1_000_000_000n, rest]
}

/** Renames without replacing. False when there is something at `to` already. */
export function renameNew(from: Path, to: Path): boolean {
  const [source, target] = [terminated(from), terminated(to)]
  if (calls().renameat2(AT_FDCWD, source, AT_FDCWD, target, RENAME_NOREPLACE) === 0) return true
  const errno = lastErrno()
  if (errno === EEXIST) return false
  throw new SystemError(errno, 'renameat2', typeof to === 'string' ? to : Buffer.from(to).toString())
}

/** Starts writing the dirty pages of a part of a file, without waiting for them. Advice: whatever goes wrong with it shows later. */
export function startWriteback(fd: number, offset: number, length: number): void {
  calls().sync_file_range(fd, offset, length, 2 /* SYNC_FILE_RANGE_WRITE */)
}

/** Says that nobody will read this part of a file soon (up to its end: length 0). Pages that are not on the disk yet stay. */
export function dropCache(fd: number, offset = 0, length = 0): void {
  calls().posix_fadvise(fd, offset, length, 4 /* POSIX_FADV_DONTNEED */)
}
