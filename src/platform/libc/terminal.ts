/** Questions to a terminal, without node:tty: loading that takes 2 ms, as long as all of `ps` after its start. */
import { address, FFIType, lazily, libc } from './library.ts'

const calls = lazily(() =>
  libc({
    isatty: { args: [FFIType.i32], returns: FFIType.i32 },
    ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.u64], returns: FFIType.i32 },
  }),
)

/** isatty(3). */
export function isTerminal(fd: number): boolean {
  return calls().isatty(fd) === 1
}

const TIOCGWINSZ = 0x5413n

/** Rows and columns, ioctl_tty(2); undefined where `fd` is no terminal, or one that has not been told its size. */
export function terminalSize(fd: number): { readonly rows: number; readonly columns: number } | undefined {
  const size = new Uint16Array(4)
  const bytes = new Uint8Array(size.buffer)
  if (calls().ioctl(fd, TIOCGWINSZ, BigInt(address(bytes))) !== 0) return undefined
  const [rows = 0, columns = 0] = size
  return columns === 0 ? undefined : { rows, columns }
}
