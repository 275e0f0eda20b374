/** Sizes as typed on a command line: `64m`, `1.5g`, `512k`, `10485760`; binary multiples, as docker has them. */
import { usage } from '../../errors.ts'

const POWERS: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 }

/** Bytes, a whole number. `flag` names the option in the error. Throws usage. */
export function parseSize(given: string, flag: string): number {
  const match = /^(\d+(?:\.\d+)?)\s?([bkmgtp]?)(?:i?b)?$/i.exec(given.trim())
  const bytes = match && Number(match[1]) * 1024 ** (POWERS[(match[2] ?? '').toLowerCase()] ?? 0)
  if (bytes === null || !Number.isSafeInteger(Math.floor(bytes))) {
    throw usage(
      `invalid argument "${given}" for "${flag}": invalid size: '${given}'`,
      'write a number and b, k, m or g: 512m',
    )
  }
  return Math.floor(bytes)
}

/** As parseSize, with -1 (unlimited) allowed. */
export function parseSizeOrUnlimited(given: string, flag: string): number {
  return given.trim() === '-1' ? -1 : parseSize(given, flag)
}
