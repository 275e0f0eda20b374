/** Go's quoted strings, read and written. */

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** The text of "…", `…` or '…' as written in Go; undefined for an escape Go does not have. */
export function unquote(quoted: string): string | undefined {
  const inner = quoted.slice(1, -1)
  if (quoted.startsWith('`')) return inner.replaceAll('\r', '')
  let valid = true
  const text = inner.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/g,
    (_, byte?: string, short?: string, long?: string, octal?: string, letter?: string) => {
      const hex = byte ?? short ?? long
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
      const character = ESCAPES[letter ?? '']
      valid &&= character !== undefined
      return character ?? ''
    },
  )
  return valid ? text : undefined
}

/** Text in double quotes, as Go's strconv.Quote and `%q` write it: what cannot be printed becomes an escape. */
export function quote(text: string): string {
  let quoted = '"'
  for (const character of text) quoted += escapeCharacter(character)
  return `${quoted}"`
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  const letter = 'abfnrtv'.split('').find((name) => ESCAPES[name] === character)
  if (letter !== undefined) return `\\${letter}`
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  // Printable: letters, marks, numbers, punctuation, symbols and the plain space.
  if (code < 0x7f || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}
