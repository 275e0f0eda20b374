/** The Dockerfile parser's front door: text in, stages out. Pure. */
import { parseFrom } from './from.ts'
import { parseInstruction } from './instructions.ts'
import { logicalLines, readDirectives, Source } from './source.ts'
import type { Statement } from './statement.ts'
import { readStatement } from './statement.ts'
import type { ArgInstruction, Dockerfile, Instruction, Stage } from './types.ts'

/**
 * @param path as the person named it, for messages
 * @throws DockerfileError with file, line and column for the first thing that cannot be understood
 */
export function parseDockerfile(text: string, path: string): Dockerfile {
  const source = new Source(path, text)
  const { directives, lines } = readDirectives(source)
  const globals: ArgInstruction[] = []
  const stages: (Stage & { readonly instructions: Instruction[] })[] = []
  const emptyContinuations: number[] = []
  for (const line of logicalLines(source, directives.escape, lines)) {
    const statement = readStatement(line, directives.escape)
    if (line.emptyContinuation !== undefined) emptyContinuations.push(line.emptyContinuation)
    if (statement.keyword === 'FROM') {
      stages.push({ ...parseFrom(statement), index: stages.length, instructions: [] })
      continue
    }
    const instruction = parseInstruction(statement)
    const stage = stages.at(-1)
    if (stage !== undefined) stage.instructions.push(instruction)
    else if (instruction.name === 'ARG') globals.push(instruction)
    else throw beforeFrom(statement)
  }
  if (stages.length === 0) {
    const message =
      globals.length === 0 ? 'file with no instructions' : 'dockerfile contains no stages to build'
    throw source.error(message, Math.max(1, source.lines.length), 1, 'FROM and the name of an image')
  }
  return { path, lines: source.lines, directives, globals, stages, emptyContinuations }
}

/**
 * An ONBUILD trigger of a base image's configuration.
 * @param image for messages
 * @throws DockerfileError
 */
export function parseTrigger(trigger: string, image: string): Instruction {
  const source = new Source(`ONBUILD of ${image}`, trigger)
  const [line] = logicalLines(source, '\\', 0)
  if (line === undefined) throw source.error('an ONBUILD trigger is empty', 1, 1, 'an instruction')
  return parseInstruction(readStatement(line, '\\'))
}

function beforeFrom({ line, keyword }: Statement): Error {
  const expected = `FROM and the name of an image before ${keyword}; only ARG may stand above the first FROM`
  return line.error('no build stage in current context', 0, expected)
}
