/** Sizes, durations and names as people read them, in the words and roundings Docker's tables have. */

const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/**
 * Bytes in decimal units: `0B`, `72.9MB`, `1.23GB`.
 * @param digits significant digits: 3 in image and container tables, 4 in totals ("Total reclaimed space").
 */
export function humanSize(bytes: number, digits = 3): string {
  return scaled(bytes, 1000, DECIMAL, digits)
}

/** Bytes in binary units, for memory: `7.64GiB`, `512MiB`. */
export function humanMemory(bytes: number, digits = 4): string {
  return scaled(bytes, 1024, BINARY, digits)
}

function scaled(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes
  let unit = 0
  // Rounding may carry into the next unit (999,999 bytes are 1MB, not 1e+03kB).
  while (Number(value.toPrecision(digits)) >= base && unit < units.length - 1) {
    value /= base
    unit += 1
  }
  return `${Number(value.toPrecision(digits))}${units[unit]}`
}

/** A length of time in one rough unit: `Less than a second`, `About a minute`, `3 hours`, `2 weeks`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000)
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < 60) return `${seconds} seconds`
  const minutes = Math.trunc(seconds / 60)
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.round(milliseconds / 3_600_000)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`
  return `${Math.trunc(milliseconds / 3_600_000 / 24 / 365)} years`
}

/** How long ago a moment was: `2 minutes ago`. The zero time of a record (`0001-01-01T00:00:00Z`) gives `''`. */
export function humanAgo(moment: string | number | Date, now: number = Date.now()): string {
  const then = new Date(moment).getTime()
  return Number.isNaN(then) || then <= ZERO_TIME ? '' : `${humanDuration(now - then)} ago`
}

/** 0001-01-01T00:00:00Z, what "never" looks like in Docker's records. */
const ZERO_TIME = -62_135_596_800_000

/** A moment as lists print it, in the local zone: `2026-11-22 10:00:00 +0000 UTC`. */
export function humanTimestamp(moment: string | number | Date): string {
  const date = new Date(moment)
  const two = (n: number) => String(Math.abs(Math.trunc(n))).padStart(2, '0')
  const offset = -date.getTimezoneOffset()
  const sign = offset < 0 ? '-' : '+'
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time} ${sign}${two(offset / 60)}${two(offset % 60)} ${zoneName(date, offset)}`
}

/** Intl costs milliseconds at first use, so only zones other than UTC pay for their name. */
function zoneName(date: Date, offset: number): string {
  if (offset === 0) return 'UTC'
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
}

/** The first twelve digits of an id, its `sha256:` taken off. */
export function shortId(id: string): string {
  const start = id.startsWith('sha256:') ? 7 : 0
  return id.slice(start, start + 12)
}

/** At most `width` characters, the last of them … where something was cut. */
export function ellipsis(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`
}
