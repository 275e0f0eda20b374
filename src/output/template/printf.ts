/** Go's `printf`: the verbs that strings, numbers, booleans and lists of them can have. */
import { quote } from './literals.ts'
import { format, formatNumber } from './print.ts'
import { typeName } from './values.ts'

/** fmt.Sprintf. Nothing throws: a verb that does not fit prints `%!d(string=x)`, as Go's does. */
export function sprintf(layout: string, operands: readonly unknown[]): string {
  let next = 0
  const take = () => operands[next++]
  const text = layout.replace(
    /%([-+ #0]*)(\d+|\*)?(?:\.(\d+|\*)?)?([a-zA-Z%]|$)/g,
    (whole, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      if (verb === '') return '%!(NOVERB)'
      const columns = width === '*' ? Number(take()) : Number(width ?? 0)
      const hasPrecision = /\.(\d+|\*)?[a-zA-Z]$/.test(whole)
      const digits = precision === '*' ? Number(take()) : hasPrecision ? Number(precision ?? 0) : undefined
      if (next >= operands.length) return `%!${verb}(MISSING)`
      return pad(convert(verb, take(), flags, digits), columns, flags)
    },
  )
  if (next >= operands.length) return text
  const extra = operands.slice(next).map((value) => `${typeName(value)}=${format(value)}`)
  return `${text}%!(EXTRA ${extra.join(', ')})`
}

function convert(verb: string, value: unknown, flags: string, digits: number | undefined): string {
  if (Array.isArray(value) && verb !== 'v' && verb !== 'T') {
    return `[${value.map((member) => convert(verb, member, flags, digits)).join(' ')}]`
  }
  if (verb === 'T') return typeName(value)
  if (verb === 'v') return flags.includes('#') && typeof value === 'string' ? quote(value) : format(value)
  const text =
    typeof value === 'string'
      ? ofString(verb, value, digits)
      : typeof value === 'number'
        ? ofNumber(verb, value, flags, digits)
        : verb === 't' && typeof value === 'boolean'
          ? String(value)
          : undefined
  return text ?? `%!${verb}(${typeName(value)}=${format(value)})`
}

function ofString(verb: string, value: string, digits: number | undefined): string | undefined {
  const text = digits === undefined ? value : [...value].slice(0, digits).join('')
  if (verb === 's') return text
  if (verb === 'q') return quote(text)
  if (verb === 'x' || verb === 'X') {
    const hex = Buffer.from(text).toString('hex')
    return verb === 'X' ? hex.toUpperCase() : hex
  }
  return undefined
}

const BASES: Readonly<Record<string, readonly [number, string]>> = {
  d: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
}

function ofNumber(
  verb: string,
  value: number,
  flags: string,
  digits: number | undefined,
): string | undefined {
  const plus = flags.includes('+') && value >= 0 ? '+' : flags.includes(' ') && value >= 0 ? ' ' : ''
  const base = BASES[verb]
  if (base !== undefined && Number.isInteger(value)) {
    const magnitude = Math.abs(value)
      .toString(base[0])
      .padStart(digits ?? 0, '0')
    const prefix = flags.includes('#') || verb === 'O' ? base[1] : ''
    return `${value < 0 ? '-' : plus}${prefix}${verb === 'X' ? magnitude.toUpperCase() : magnitude}`
  }
  switch (verb) {
    case 'f':
    case 'F':
      return plus + value.toFixed(digits ?? 6)
    case 'e':
      return plus + value.toExponential(digits ?? 6).replace(/e([+-])(\d)$/, 'e$10$2')
    case 'g':
      return (
        plus + formatNumber(digits === undefined ? value : Number(value.toPrecision(Math.max(digits, 1))))
      )
    case 'c':
      return String.fromCodePoint(value)
    case 'q':
      return `'${String.fromCodePoint(value)}'`
    case 'U':
      return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`
    default:
      return undefined
  }
}

function pad(text: string, columns: number, flags: string): string {
  const missing = columns - [...text].length
  if (missing <= 0) return text
  if (flags.includes('-')) return text + ' '.repeat(missing)
  if (!flags.includes('0')) return ' '.repeat(missing) + text
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}
