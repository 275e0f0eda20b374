/** `WWW-Authenticate` headers (RFC 9110 section 11.6.1), as registries write them. Pure. */

export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const parameter = new RegExp(`\\s*,?\\s*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`, 'y')
const scheme = new RegExp(`\\s*,?\\s*(${token})(?=\\s|,|$)`, 'y')

/** Every challenge of the header, in order. What cannot be read ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = []
  let at = 0
  for (;;) {
    scheme.lastIndex = at
    const start = scheme.exec(header)
    if (start === null) return challenges
    at = scheme.lastIndex
    const parameters: Record<string, string> = {}
    for (;;) {
      parameter.lastIndex = at
      const found = parameter.exec(header)
      if (found === null) break
      at = parameter.lastIndex
      const [, name = '', quoted, plain = ''] = found
      parameters[name.toLowerCase()] = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1')
    }
    challenges.push({ scheme: (start[1] ?? '').toLowerCase(), parameters })
  }
}
