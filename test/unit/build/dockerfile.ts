/** Short ways to one stage, one instruction or one error, for the tests of the Dockerfile language. */
import { DockerfileError } from '../../../src/build/dockerfile/error.ts'
import { expandInstruction, located } from '../../../src/build/dockerfile/expand-instruction.ts'
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts'
import { GlobalScope, type ScopeInput, StageScope } from '../../../src/build/dockerfile/scope.ts'
import type { Instruction, InstructionName } from '../../../src/build/dockerfile/types.ts'

type Named<Name extends InstructionName> = Extract<Instruction, { readonly name: Name }>

/** The instruction in `text`, behind a FROM. */
export function one<Name extends InstructionName>(text: string, name: Name): Named<Name> {
  const [instruction] = parseDockerfile(`FROM scratch\n${text}\n`, 'Dockerfile').stages[0]?.instructions ?? []
  if (instruction?.name !== name) throw new Error(`${instruction?.name} is not ${name}`)
  return instruction as Named<Name>
}

/** The error of a whole file. */
export function refusal(text: string): DockerfileError {
  try {
    parseDockerfile(text, 'Dockerfile')
  } catch (error) {
    if (error instanceof DockerfileError) return error
    throw error
  }
  throw new Error('nothing was wrong with it')
}

export const amd64 = { os: 'linux', architecture: 'amd64' }

/** All instructions of the file's last stage with their values, and that stage's scope. */
export function carriedOut(text: string, given: Partial<ScopeInput> = {}) {
  const dockerfile = parseDockerfile(text, 'Dockerfile')
  const { escape: escapeChar } = dockerfile.directives
  const input = { escapeChar, buildArgs: new Map<string, string>(), target: amd64, build: amd64, ...given }
  const globals = new GlobalScope(dockerfile.globals, input)
  const scopes: { name: string | undefined; scope: StageScope }[] = []
  let instructions: Instruction[] = []
  for (const stage of dockerfile.stages) {
    const base = globals.expand(stage.base)
    const parent = scopes.find(({ name }) => name === base)?.scope
    const scope = new StageScope(globals, parent ?? ['PATH=/bin'])
    scopes.push({ name: stage.name, scope })
    instructions = stage.instructions.map((instruction) =>
      located(dockerfile, instruction.location, () => expandInstruction(instruction, scope)),
    )
  }
  const scope = scopes.at(-1)?.scope
  if (scope === undefined) throw new Error('no stage')
  return { dockerfile, globals, instructions, scope }
}
