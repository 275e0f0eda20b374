/** Lines that a person types. A secret is read with echo off; Ctrl-C gives the terminal back as it was. */
import { readSync } from 'node:fs'
import { errnoOf } from '../../errors.ts'
import { checked, FFIType, lazily, libc } from './library.ts'

const calls = lazily(() =>
  libc({
    tcgetattr: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
    tcsetattr: { args: [FFIType.i32, FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
  }),
)

/** More than glibc's struct termios (60 bytes on every machine we run on). */
const termiosSize = 128
/** c_iflag, c_oflag and c_cflag come before it. */
const localFlags = 3
const ISIG = 0o1
const ICANON = 0o2
const ECHO = 0o10
const TCSAFLUSH = 2

const key = { interrupt: 3, end: 4, backspace: 8, newline: 10, enter: 13, clear: 21, erase: 127 } as const

/** The next line of a descriptor, without its end; undefined at the end of the input. */
export function readLine(fd: number): string | undefined {
  const bytes: number[] = []
  for (;;) {
    const byte = readByte(fd)
    if (byte === undefined) return bytes.length === 0 ? undefined : text(bytes)
    if (byte === key.newline) return text(bytes)
    bytes.push(byte)
  }
}

/**
 * A line from a terminal that does not show it. @returns undefined at Ctrl-C and at the end of the input.
 * Keys are read one by one, signals included: nothing can end us between switching echo off and on.
 */
export function readSecret(fd: number): string | undefined {
  const before = new Uint8Array(termiosSize)
  checked(calls().tcgetattr(fd, before), 'tcgetattr')
  const silent = before.slice()
  const flags = new Uint32Array(silent.buffer)
  flags[localFlags] = (flags[localFlags] ?? 0) & ~(ECHO | ICANON | ISIG)
  checked(calls().tcsetattr(fd, TCSAFLUSH, silent), 'tcsetattr')
  try {
    const bytes: number[] = []
    for (;;) {
      const byte = readByte(fd)
      if (byte === key.newline || byte === key.enter) return text(bytes)
      if (byte === undefined || byte === key.interrupt || byte === key.end) return undefined
      if (byte === key.clear) bytes.length = 0
      else if (byte === key.backspace || byte === key.erase) eraseCharacter(bytes)
      else bytes.push(byte)
    }
  } finally {
    calls().tcsetattr(fd, TCSAFLUSH, before)
  }
}

/** One character of UTF-8 may be several bytes: all but the first begin with the bits 10. */
function eraseCharacter(bytes: number[]): void {
  for (let last = bytes.pop(); last !== undefined && (last & 0xc0) === 0x80; last = bytes.pop());
}

function readByte(fd: number): number | undefined {
  const one = new Uint8Array(1)
  for (;;) {
    try {
      return readSync(fd, one) === 0 ? undefined : one[0]
    } catch (error) {
      if (errnoOf(error) === 'EOF' || errnoOf(error) === 'EIO') return undefined
      if (errnoOf(error) !== 'EAGAIN') throw error
      Bun.sleepSync(5)
    }
  }
}

function text(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('utf8').replace(/\r$/, '')
}
