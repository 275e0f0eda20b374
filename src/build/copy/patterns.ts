/**
 * Patterns of names: Go's `filepath.Match`, which COPY and ADD use, and the same with `**`, which `.dockerignore` and
 * `--exclude` use. Paths are text with slashes, without one at their ends.
 */
import { posix } from 'node:path'
import { SampanError } from '../../errors.ts'

/** Whether a word has `*`, `?` or `[` that is not escaped. */
export function hasWildcard(word: string): boolean {
  return /[*?[]/.test(word.replace(/\\./g, ''))
}

/** `\*` is a star. */
export function unescaped(word: string): string {
  return word.replace(/\\(.)/g, '$1')
}

/** One part of a path, `filepath.Match`'s rules. @throws SampanError for a pattern that is none */
export function partExpression(part: string): RegExp {
  return new RegExp(`^${translate(part, part)}$`, 's')
}

/** A list of patterns, later ones winning, as `.dockerignore` has it. */
export class Patterns {
  readonly #patterns: readonly Pattern[]
  readonly #exceptions: readonly Pattern[]

  /** @param lines as ignoreLines returns them */
  constructor(lines: readonly string[]) {
    this.#patterns = lines.map(compile)
    this.#exceptions = this.#patterns.filter(({ exception }) => exception)
  }

  get length(): number {
    return this.#patterns.length
  }

  /**
   * Whether the path is matched. `above`: what this returned for the folder it is in; a folder that is matched hides
   * all in it, unless an exception names that.
   */
  match(path: string, above: Matched): Matched {
    const flags: boolean[] = []
    let matched = false
    let by: string | undefined
    for (const [i, pattern] of this.#patterns.entries()) {
      const inherited = above.flags[i] === true
      // Only what can change the result is looked at.
      const hit = inherited || (pattern.exception === matched && pattern.matches(path))
      flags.push(hit)
      if (!hit) continue
      matched = !pattern.exception
      by = pattern.line
    }
    return { matched, flags, by: matched ? by : undefined }
  }

  /** The same for a path of which no folder was looked at. */
  matchPath(path: string): Matched {
    let result = nothingMatched
    const parts = path.split('/')
    for (let i = 1; i <= parts.length; i++) result = this.match(parts.slice(0, i).join('/'), result)
    return result
  }

  /** Whether an exception could bring back something in a folder that is matched. */
  mayHaveExceptions(folder: string): boolean {
    const parts = folder.split('/')
    return this.#exceptions.some((pattern) => pattern.reaches(parts))
  }
}

export interface Matched {
  readonly matched: boolean
  readonly flags: readonly boolean[]
  /** The pattern that decided. */
  readonly by: string | undefined
}

export const nothingMatched: Matched = { matched: false, flags: [], by: undefined }

/** The lines of a `.dockerignore`: comments, spaces and slashes around them gone. */
export function ignoreLines(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => cleanPattern(line) ?? [])
}

/** Undefined for an empty one. */
export function cleanPattern(line: string): string | undefined {
  const trimmed = line.trim()
  const exception = trimmed.startsWith('!')
  const pattern = exception ? trimmed.slice(1).trim() : trimmed
  if (pattern === '') {
    if (exception) throw new SampanError('illegal exclusion pattern: "!"')
    return undefined
  }
  const clean = posix.normalize(pattern).replace(/(?<=.)\/$/, '')
  return `${exception ? '!' : ''}${clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean}`
}

interface Pattern {
  readonly line: string
  readonly exception: boolean
  matches(path: string): boolean
  /** Whether it could match something below the folder of these parts. */
  reaches(folder: readonly string[]): boolean
}

function compile(line: string): Pattern {
  const exception = line.startsWith('!')
  const text = exception ? line.slice(1) : line
  const parts = text.split('/')
  const expression = hasWildcard(text) || text.includes('\\') ? wholeExpression(text) : undefined
  const expressions = parts.map((part) => (part.includes('**') ? undefined : partExpression(part)))
  return {
    line,
    exception,
    matches: expression === undefined ? (path) => path === text : (path) => expression.test(path),
    reaches(folder) {
      for (const [i, name] of folder.entries()) {
        // Shorter than the folder's path: it matches a folder above, and so all below.
        if (i >= expressions.length) return true
        const part = expressions[i]
        if (part === undefined) return true
        if (!part.test(name)) return false
      }
      return true
    },
  }
}

/** `**` is any number of folders, `*` and `?` stop at slashes. */
function wholeExpression(pattern: string): RegExp {
  let source = ''
  for (let at = 0; at < pattern.length; ) {
    const stars = /^\*\*+\/?/.exec(pattern.slice(at))
    if (stars === null) {
      const end = pattern.indexOf('**', at)
      const piece = end < 0 ? pattern.slice(at) : pattern.slice(at, end)
      source += translate(piece, pattern)
      at += piece.length
    } else {
      at += stars[0].length
      source += at === pattern.length ? '.*' : '(?:.*/)?'
    }
  }
  return new RegExp(`^${source}$`, 's')
}

function translate(pattern: string, whole: string): string {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string
    if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (char === '[') {
      const end = endOfClass(pattern, at, whole)
      source += classOf(pattern.slice(at + 1, end))
      at = end
    } else if (char === '\\') {
      at += 1
      if (at === pattern.length) throw wrong(whole)
      source += literal(pattern[at] as string)
    } else source += literal(char)
  }
  return source
}

function endOfClass(pattern: string, start: number, whole: string): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at += 1
    else if (pattern[at] === ']' && at > start + 1) return at
  }
  throw wrong(whole)
}

/** Only `^` negates; a minus makes a range; a backslash takes the next letter as it is. */
function classOf(body: string): string {
  const negated = body.startsWith('^')
  const content = (negated ? body.slice(1) : body).replace(/\\(.)|([[\]^])/g, (_, escaped, special) =>
    escaped === undefined ? `\\${special}` : literal(escaped),
  )
  return negated ? `[^/${content}]` : `[${content}]`
}

function literal(char: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char
}

function wrong(pattern: string): SampanError {
  return new SampanError(`${JSON.stringify(pattern)}: syntax error in pattern`, {
    hint: 'a [ needs its ], and a backslash something to escape',
  })
}
