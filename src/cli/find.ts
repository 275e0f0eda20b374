/** Which command the words name. Pure: works on the spellings of the table of commands. */

import { nearest } from '../containers/values/nearest.ts'
import { SampanError, unsupported } from '../errors.ts'
import { refused } from './refused.ts'

export type Found =
  | { readonly kind: 'command'; readonly name: string; readonly rest: readonly string[] }
  /** A group by itself (`sampan image`) or with `--help`. */
  | { readonly kind: 'group'; readonly name: string }

/** `buildx history ls`. */
export const mostWords = 3

/**
 * Finds the longest spelling that begins the words: `container ls -a` before `container`.
 * @throws SampanError (exit code 1, 125 in podman's dialect) with the nearest known word; 'unsupported' for commands
 * that cannot be
 */
export function findCommand(
  program: string,
  words: readonly string[],
  spellings: readonly string[],
  groups: readonly string[],
): Found {
  for (let count = Math.min(words.length, mostWords); count > 0; count--) {
    const name = words.slice(0, count).join(' ')
    if (spellings.includes(name)) return { kind: 'command', name, rest: words.slice(count) }
    if (!groups.includes(name)) continue
    const next = words[count]
    if (next === undefined || next === '--help' || next === '-h') return { kind: 'group', name }
    const instead = refused[`${name} ${next}`]
    if (instead !== undefined) throw unsupported(`the command ${name} ${next}`, instead)
    const members = spellings
      .filter((spelling) => spelling.startsWith(`${name} `))
      .map((spelling) => spelling.slice(name.length + 1))
    throw unknown(`${program} ${name}`, next, members)
  }
  const [first = ''] = words
  if (Object.hasOwn(refused, first)) throw unsupported(`the command ${first}`, refused[first] ?? '')
  throw unknown(program, first, [...spellings.filter((name) => !name.includes(' ')), ...groups])
}

function unknown(program: string, word: string, known: readonly string[]): SampanError {
  const near = nearest(
    word,
    known.filter((name) => !name.startsWith('__')),
  )
  const meant = near === undefined ? '' : `Did you mean '${program} ${near}'?\n`
  return new SampanError(
    word.startsWith('-') ? `unknown flag: ${word}` : `unknown command: ${program} ${word}`,
    {
      exitCode: word.startsWith('-') ? 125 : 1,
      hint: `${meant}See '${program} --help'.`,
    },
  )
}
