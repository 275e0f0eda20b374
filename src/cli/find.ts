/** Which command the words name. Pure: works on the spellings of the table of commands. */

import { nearest } from '../containers/values/nearest.ts'
import { SampanError, unsupported } from '../errors.ts'
import { refused } from './refused.ts'

export type Found =
  | { readonly kind: 'command'; readonly name: string; readonly rest: readonly string[] }
  /** A group by itself (`sampan image`) or with `--help`. */
  | { readonly kind: 'group'; readonly name: string }

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
  const [first = '', second] = words
  const pair = `${first} ${second}`
  if (second !== undefined && spellings.includes(pair))
    return { kind: 'command', name: pair, rest: words.slice(2) }
  if (spellings.includes(first)) return { kind: 'command', name: first, rest: words.slice(1) }
  if (groups.includes(first)) {
    if (second === undefined || second === '--help' || second === '-h') return { kind: 'group', name: first }
    const members = spellings
      .filter((name) => name.startsWith(`${first} `))
      .map((name) => name.slice(first.length + 1))
    throw unknown(`${program} ${first}`, second, members)
  }
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
