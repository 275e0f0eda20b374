/** `-e`, `--env-file`, `-l`, `--label-file`: docker's rules, including the odd ones. */
import { readFileSync } from 'node:fs'
import { errnoOf, usage } from '../../errors.ts'

type Variables = Readonly<Record<string, string | undefined>>

/**
 * What `-e` and `--env-file` ask for, files first: `KEY=VALUE` to set, `KEY` alone to take away what the image sets.
 * A name without a value takes the caller's own, and is skipped (in a file) or taken away (`-e`) where that is unset.
 */
export function parseEnvironment(
  flags: readonly string[],
  files: readonly string[],
  own: Variables,
): string[] {
  const fromFiles = files.flatMap((path) =>
    readLines(path).flatMap((line) => {
      const [name] = split(line)
      if (line.includes('=')) return [line]
      const value = own[name]
      return value === undefined ? [] : [`${name}=${value}`]
    }),
  )
  const fromFlags = flags.map((given) => {
    if (given === '' || given.startsWith('='))
      throw usage(`invalid environment variable: ${given}`, 'write NAME=VALUE')
    if (given.includes('=')) return given
    const value = own[given]
    return value === undefined ? given : `${given}=${value}`
  })
  return [...fromFiles, ...fromFlags]
}

/** The image's variables with `changes` applied in order; the first appearance of a name keeps its place. */
export function mergeEnvironment(base: readonly string[], changes: readonly string[]): string[] {
  const values = new Map<string, string>()
  for (const entry of base) values.set(split(entry)[0], entry)
  for (const entry of changes) {
    const [name] = split(entry)
    if (entry.includes('=')) values.set(name, entry)
    else values.delete(name)
  }
  return [...values.values()]
}

/** Labels of `--label-file` and `-l`, the flags win; a name alone has the empty value. Throws usage for no name. */
export function parseLabels(flags: readonly string[], files: readonly string[]): Record<string, string> {
  return parseMap([...files.flatMap(readLines), ...flags], '--label')
}

/** `KEY=VALUE` words to an object; the later wins. */
export function parseMap(words: readonly string[], flag: string): Record<string, string> {
  const map: Record<string, string> = {}
  for (const word of words) {
    const [name, value] = split(word)
    if (name === '')
      throw usage(`invalid argument "${word}" for "${flag}": it lacks a name`, 'write NAME=VALUE')
    map[name] = value
  }
  return map
}

function split(entry: string): [name: string, value: string] {
  const at = entry.indexOf('=')
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
}

/** Lines of a variables file: no quotes, no escapes; a leading `#` is a comment, leading blanks are dropped. */
export function readLines(path: string): string[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const why = errnoOf(error)
    throw usage(
      `open ${path}: ${why === 'ENOENT' ? 'no such file or directory' : why === 'EACCES' ? 'permission denied' : String(error)}`,
    )
  }
  if (text.includes('\uFFFD')) throw usage(`${path}: invalid UTF-8 in a variables file`)
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name, value] = split(line)
      const clean = name.trimStart()
      if (clean === '') throw usage(`invalid env file (${path}): no variable name on line '${line}'`)
      if (/\s/.test(clean))
        throw usage(`invalid env file (${path}): variable '${clean}' contains whitespaces`)
      return line.includes('=') ? `${clean}=${value}` : clean
    })
}
