/** Heredocs: `<<EOF`, `<<-EOF`, `<<'EOF'`, `<< EOF`, `3<<EOF`, several in a row. Pure. */
import type { Escape, Heredoc } from './types.ts'

/** What announces a heredoc. */
export interface HeredocMark extends Omit<Heredoc, 'content'> {
  /**
   * A blank stands before the name, which makes it look like the shift operator: it is a heredoc only if a line with
   * its name follows.
   */
  readonly doubtful: boolean
}

/** Only these read heredocs, also behind ONBUILD; a `<<` anywhere else is plain text. */
const readers = /^\s*(?:ONBUILD\s+)*(?:RUN|COPY|ADD)\s/i

/** The heredocs that the logical line `text` announces, in order. */
export function heredocMarks(text: string, escapeChar: Escape): HeredocMark[] {
  if (!text.includes('<<') || !readers.test(text)) return []
  return shellWords(text, escapeChar).flatMap((word) => heredocMark(word) ?? [])
}

/** Undefined if the word is no heredoc: it must begin by `<<` (a file descriptor may stand before) and have a name. */
export function heredocMark(word: string): HeredocMark | undefined {
  const [, tabs, blank = '', written = ''] = /^\d*<<(-?)(\s*)([^<]+)$/.exec(word) ?? []
  const name = written.replace(/\\(.)|(["'])(.*?)\2/g, '$1$3')
  // A quote that is not closed, as in <<'EOF, makes it none.
  if (name === '' || /[\s"']/.test(name)) return undefined
  return { name, expand: name === written, chomp: tabs === '-', doubtful: blank !== '' }
}

/**
 * The lines from `from` on that belong to a heredoc, and the line with its name (an index, as `from`).
 * @returns undefined if no line has its name
 */
export function heredocBody(
  lines: readonly string[],
  from: number,
  { name, expand, chomp }: HeredocMark,
): { heredoc: Heredoc; end: number } | undefined {
  const body = (line: string) => (chomp ? line.replace(/^\t+/, '') : line)
  const end = lines.findIndex((line, at) => at >= from && body(line) === name)
  if (end === -1) return undefined
  const content = lines.slice(from, end).map((line) => `${body(line)}\n`)
  return { heredoc: { name, content: content.join(''), expand, chomp }, end }
}

/** Words as a shell sees them, quotes kept, `<<` joined to the name after it. A quote that is not closed goes on to the end. */
function shellWords(text: string, escapeChar: Escape): string[] {
  const pattern =
    escapeChar === '\\'
      ? /(?:^|(?<=\s))\d*<<-?\s+[^\s<]+|(?:\\.|'[^']*'?|"(?:\\.|[^"\\])*"?|[^\s'"\\])+/gs
      : /(?:^|(?<=\s))\d*<<-?\s+[^\s<]+|(?:`.|'[^']*'?|"(?:`.|[^"`])*"?|[^\s'"`])+/gs
  return text.match(pattern) ?? []
}
