/**
 * From the text of a Dockerfile to its logical lines: parser directives, comments, continuation lines and heredocs are
 * dealt with here, so that an instruction is one string to those who come after. Pure.
 */
import { DockerfileError } from './error.ts'
import { heredocBody, heredocMarks } from './heredocs.ts'
import type { CheckDirective, Directives, Escape, Heredoc, Location } from './types.ts'

/** A Dockerfile's lines, and how to blame one of them. */
export class Source {
  readonly path: string
  readonly lines: readonly string[]

  constructor(path: string, text: string) {
    this.path = path
    this.lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
    // What follows the last line feed is no line.
    if (this.lines.at(-1) === '') this.lines = this.lines.slice(0, -1)
  }

  /** @param column from 1 */
  error(message: string, line: number, column: number, expected?: string): DockerfileError {
    const text = this.lines[line - 1] ?? ''
    return new DockerfileError(message, { path: this.path, line, column, text }, expected)
  }
}

/** One instruction with its continuation lines joined and comments dropped. */
export class LogicalLine {
  readonly source: Source
  readonly text: string
  readonly location: Location
  readonly heredocs: readonly Heredoc[]
  /** The comment lines right above, without `#`. */
  readonly comments: readonly string[]
  /** The first empty line among the continuations, if there is one. */
  readonly emptyContinuation: number | undefined
  private readonly pieces: readonly Piece[]

  constructor(parts: LineParts) {
    this.source = parts.source
    this.text = parts.text
    this.location = parts.location
    this.heredocs = parts.heredocs
    this.comments = parts.comments
    this.emptyContinuation = parts.emptyContinuation
    this.pieces = parts.pieces
  }

  /** The same from `offset` on: the instruction inside ONBUILD. */
  from(offset: number): LogicalLine {
    const before = this.pieces.findLast((piece) => piece.offset <= offset)
    const first = {
      offset,
      line: before?.line ?? 1,
      column: (before?.column ?? 1) + offset - (before?.offset ?? 0),
    }
    const pieces = [first, ...this.pieces.filter((piece) => piece.offset > offset)]
    return new LogicalLine({
      ...this,
      text: this.text.slice(offset),
      pieces: pieces.map((piece) => ({ ...piece, offset: piece.offset - offset })),
    })
  }

  /** An error at the character `offset` of `text`. */
  error(message: string, offset: number, expected?: string): DockerfileError {
    const piece = this.pieces.findLast((candidate) => candidate.offset <= offset)
    const { line, column } = piece ?? { line: this.location.line, column: 1 }
    return this.source.error(message, line, column + offset - (piece?.offset ?? 0), expected)
  }
}

interface LineParts {
  readonly source: Source
  readonly text: string
  readonly location: Location
  readonly heredocs: readonly Heredoc[]
  readonly comments: readonly string[]
  readonly emptyContinuation: number | undefined
  readonly pieces: readonly Piece[]
}

/** Where in the file a part of a logical line stands. */
interface Piece {
  readonly offset: number
  readonly line: number
  readonly column: number
}

/**
 * The directives at the top and the lines they take; nothing is a directive after the first line that is none.
 * @throws DockerfileError for one given twice, an escape other than backslash and backtick, a foreign syntax
 */
export function readDirectives(source: Source): { directives: Directives; lines: number } {
  let lines = 0
  const found = new Map<string, string>()
  for (const [at, line] of source.lines.entries()) {
    lines = at
    if (at === 0 && line.startsWith('#!')) continue
    const match = /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line)
    const name = match?.[1]?.toLowerCase() ?? ''
    if (!['syntax', 'escape', 'check'].includes(name)) break
    const value = match?.[2] ?? ''
    const column = line.indexOf(value, line.indexOf('=')) + 1
    if (found.has(name)) {
      throw source.error(`only one ${name} parser directive can be used`, at + 1, line.indexOf('#') + 1)
    }
    if (name === 'escape' && value !== '\\' && value !== '`') {
      const expected = 'a backslash (the default) or a backtick'
      throw source.error(`invalid escape token '${value}' does not match \` or \\`, at + 1, column, expected)
    }
    if (name === 'syntax' && !isDockerfileSyntax(value)) {
      const expected =
        'docker/dockerfile in any version: the language is built in, other frontends are not run'
      throw source.error(`the syntax ${value} is not supported`, at + 1, column, expected)
    }
    found.set(name, value)
  }
  const syntax = found.get('syntax')
  const directives = {
    ...(syntax === undefined ? {} : { syntax }),
    escape: (found.get('escape') as Escape | undefined) ?? '\\',
    check: parseCheckDirective(found.get('check') ?? ''),
  }
  return { directives, lines }
}

/** Docker's own frontend, from whatever mirror. */
export function isDockerfileSyntax(value: string): boolean {
  return /(^|\/)(docker|moby)\/dockerfile(-upstream)?(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/.test(value)
}

/** `skip=A,B;error=true`, in a directive or in the build argument BUILDKIT_DOCKERFILE_CHECK. Unknown keys are ignored. */
export function parseCheckDirective(text: string): CheckDirective {
  const values = new Map(
    text.split(';').map((part): [string, string] => {
      const [key = '', value = ''] = part.split('=', 2)
      return [key.trim().toLowerCase(), value.trim()]
    }),
  )
  const names = (key: string) => (values.get(key) ?? '').split(',').flatMap((name) => name.trim() || [])
  return {
    skip: names('skip'),
    experimental: names('experimental'),
    error: values.get('error')?.toLowerCase() === 'true' || values.get('error') === '1',
  }
}

/**
 * @param from how many lines the directives take, which are no comments on what follows
 * @throws DockerfileError for a heredoc without end
 */
export function* logicalLines(source: Source, escapeChar: Escape, from: number): Generator<LogicalLine> {
  const { lines } = source
  let comments: string[] = []
  for (let at = from; at < lines.length; at++) {
    const first = lines[at] as string
    const comment = commentOf(first)
    if (comment !== undefined) {
      // An empty comment line ends the block that describes what follows, as an empty line does not.
      comments = comment === '' ? [] : [...comments, comment]
      continue
    }
    const indent = first.length - first.trimStart().length
    let { text, continues } = withoutContinuation(first.slice(indent), escapeChar)
    if (text === '' && !continues) continue
    const pieces: Piece[] = [{ offset: 0, line: at + 1, column: indent + 1 }]
    const line = at + 1
    let emptyContinuation: number | undefined
    while (continues && at + 1 < lines.length) {
      at += 1
      const next = lines[at] as string
      if (commentOf(next) !== undefined) continue
      if (next.trim() === '') {
        emptyContinuation ??= at + 1
        continue
      }
      pieces.push({ offset: text.length, line: at + 1, column: 1 })
      const piece = withoutContinuation(next, escapeChar)
      text += piece.text
      continues = piece.continues
    }
    const heredocs: Heredoc[] = []
    for (const mark of heredocMarks(text, escapeChar)) {
      const found = heredocBody(lines, at + 1, mark)
      if (found !== undefined) {
        heredocs.push(found.heredoc)
        at = found.end
      } else if (!mark.doubtful) {
        const expected = `a line that is just ${mark.name}, after line ${at + 1}`
        throw source.error('unterminated heredoc', line, Math.max(indent, first.indexOf('<<')) + 1, expected)
      }
    }
    const location = { line, endLine: at + 1 }
    yield new LogicalLine({ source, text, location, heredocs, comments, emptyContinuation, pieces })
    comments = []
  }
}

function commentOf(line: string): string | undefined {
  const text = line.trimStart()
  return text.startsWith('#') ? text.slice(1).trim() : undefined
}

/** A line goes on after an escape character that ends it (blanks may follow), unless that one is escaped itself. */
function withoutContinuation(line: string, escapeChar: Escape): { text: string; continues: boolean } {
  const text = line.replace(/[ \t]+$/, '')
  const continues = text.endsWith(escapeChar) && !text.endsWith(escapeChar + escapeChar)
  return { text: continues ? text.slice(0, -1) : line, continues }
}
