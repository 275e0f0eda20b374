/** File names in digests and patterns. */

/** A byte string as text, for patterns: bytes that are no UTF-8 match as the replacement character. */
export function textOf(name: string): string {
  for (let i = 0; i < name.length; i++)
    if (name.charCodeAt(i) > 127) return Buffer.from(name, 'latin1').toString('utf8')
  return name
}
