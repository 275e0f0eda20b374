/** An instruction with its values in place of its variables, by the rules of each; and what it does to the scope. Pure. */
import { SampanError } from '../../errors.ts'
import { DockerfileError, type Place, WordError } from './error.ts'
import { expandWord, expandWords } from './expand-word.ts'
import { parseMounts } from './run-mounts.ts'
import type { StageScope } from './scope.ts'
import type { Dockerfile, Heredoc, Instruction, KeyValue, Location } from './types.ts'

/**
 * The instruction as it is to be carried out. All its words see the variables from before it; ARG and ENV then change
 * the scope. RUN, CMD, ENTRYPOINT, SHELL, HEALTHCHECK and ONBUILD keep their commands: a shell or a later build expands
 * those.
 * @throws SampanError for a word that cannot be expanded; wrap it in `located` to say where
 */
export function expandInstruction<T extends Instruction>(instruction: T, scope: StageScope): T {
  // Each branch returns the member it was given, which TypeScript cannot see through a generic.
  return expanded(instruction, scope) as T
}

function expanded(instruction: Instruction, scope: StageScope): Instruction {
  const word = (text: string) => scope.expand(text)
  switch (instruction.name) {
    case 'ARG':
      return { ...instruction, args: scope.declare(instruction.args) }
    case 'ENV': {
      const pairs = keyValues(instruction.pairs, word)
      scope.set(pairs)
      return { ...instruction, pairs }
    }
    case 'LABEL':
      return { ...instruction, pairs: keyValues(instruction.pairs, word) }
    case 'COPY':
    case 'ADD':
      return {
        ...instruction,
        sources: instruction.sources.map(word),
        destination: word(instruction.destination),
        exclude: instruction.exclude.map(word),
        heredocs: instruction.heredocs.map((heredoc) => heredocWithValues(heredoc, scope)),
        ...(instruction.chown === undefined ? {} : { chown: word(instruction.chown) }),
        ...(instruction.chmod === undefined ? {} : { chmod: word(instruction.chmod) }),
        ...(instruction.name === 'ADD' && instruction.checksum !== undefined
          ? { checksum: word(instruction.checksum) }
          : {}),
      }
    case 'RUN':
      return { ...instruction, mounts: parseMounts(instruction.mountFlags, word) }
    case 'EXPOSE':
      return {
        ...instruction,
        ports: instruction.ports.flatMap((port) => expandWords(port, scope.expansion)),
      }
    case 'VOLUME':
      return { ...instruction, paths: instruction.paths.map(word) }
    case 'USER':
      return { ...instruction, user: word(instruction.user) }
    case 'WORKDIR':
      return { ...instruction, path: word(instruction.path) }
    case 'STOPSIGNAL':
      return { ...instruction, signal: word(instruction.signal) }
    default:
      return instruction
  }
}

/** Runs `act`; what it throws is said to be at the word it is about, or else where the instruction at `location` begins. */
export function located<T>(dockerfile: Dockerfile, location: Location, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof SampanError) || error instanceof DockerfileError) throw error
    const word = error instanceof WordError ? error.word : undefined
    throw new DockerfileError(error.message, placeOf(dockerfile, location, word), error.hint)
  }
}

/** Of the first such word in the instruction; of the instruction without one, or where continuations break it. */
export function placeOf(
  { lines, path }: Dockerfile,
  { line, endLine }: Location,
  word: string | undefined,
): Place {
  for (let number = line; word !== undefined && number <= endLine; number++) {
    const text = lines[number - 1] ?? ''
    const at = text.indexOf(word)
    if (at >= 0) return { path, line: number, column: at + 1, text }
  }
  const text = lines[line - 1] ?? ''
  return { path, line, column: text.length - text.trimStart().length + 1, text }
}

function keyValues(pairs: readonly KeyValue[], word: (text: string) => string): KeyValue[] {
  return pairs.map(({ key, value }) => ({ key: word(key), value: word(value) }))
}

function heredocWithValues(heredoc: Heredoc, scope: StageScope): Heredoc {
  if (!heredoc.expand) return heredoc
  return { ...heredoc, content: expandWord(heredoc.content, { ...scope.expansion, plainQuotes: true }) }
}
