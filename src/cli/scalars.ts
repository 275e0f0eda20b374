/** The values of switches and counts, as Go's strconv reads and refuses them. */

const YES = ['1', 't', 'T', 'true', 'TRUE', 'True']
const NO = ['0', 'f', 'F', 'false', 'FALSE', 'False']

/** @throws Error in strconv's words, for the caller to put the flag's name in front */
export function readBoolean(text: string): boolean {
  if (YES.includes(text)) return true
  if (NO.includes(text)) return false
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
}

/** A whole number in decimal, octal (`0o17`, `017`) or hexadecimal. @throws Error in strconv's words */
export function readInteger(text: string): number {
  const match = /^([+-]?)(0x[0-9a-f]+|0o?[0-7]+|0b[01]+|0|[1-9][0-9]*)$/i.exec(text)
  if (match === null) throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const digits = match[2] as string
  const magnitude = Number(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits)
  if (!Number.isSafeInteger(magnitude)) {
    throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  }
  return match[1] === '-' ? -magnitude : magnitude
}
