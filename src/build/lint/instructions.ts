/** Build checks that look at one instruction, or at those of one stage. Pure. */
import type { Dockerfile, Instruction, Location, Stage } from '../dockerfile/types.ts'
import type { Warning } from './types.ts'

export function instructionChecks(dockerfile: Dockerfile): Warning[] {
  const { globals, stages, emptyContinuations } = dockerfile
  return [
    ...instructionCasing(dockerfile),
    ...emptyContinuations.map((line): Warning => {
      const location = { line, endLine: line }
      return { rule: 'NoEmptyContinuation', detail: 'Empty continuation line', location }
    }),
    ...[...globals, ...stages.flatMap((stage) => stage.instructions)].flatMap(onItsOwn),
    ...stages.flatMap(stageDescription),
    ...stages.flatMap(usedOnce),
    ...stages.flatMap((stage) => shellForm(stages, stage)),
    ...stages.flatMap((stage) => relativeWorkdir(stages, stage)),
  ]
}

/** The spelling that most instructions have, capitals if there are as many; the others are warned of. */
function instructionCasing({ globals, stages }: Dockerfile): Warning[] {
  const all = [...globals, ...stages.flatMap((stage) => [stage, ...stage.instructions])]
  const words = all.map(({ text, location }) => ({ word: text.split(/\s/, 1)[0] ?? '', location }))
  const lower = words.filter(({ word }) => word === word.toLowerCase()).length
  const upper = words.filter(({ word }) => word === word.toUpperCase()).length
  const casing = lower > upper ? 'lowercase' : 'uppercase'
  return words
    .filter(({ word }) => word !== (lower > upper ? word.toLowerCase() : word.toUpperCase()))
    .map(({ word, location }) => ({
      rule: 'ConsistentInstructionCasing',
      detail: `Command '${word}' should match the case of the command majority (${casing})`,
      location,
    }))
}

function onItsOwn(instruction: Instruction): Warning[] {
  const { location } = instruction
  switch (instruction.name) {
    case 'ARG':
      return [
        ...secrets(
          'ARG',
          instruction.args.map(({ name }) => name),
          location,
        ),
        ...description(
          'ARG',
          instruction.args.map(({ name }) => name),
          instruction.comments,
          location,
        ),
      ]
    case 'ENV':
      return [
        ...secrets(
          'ENV',
          instruction.pairs.map(({ key }) => key),
          location,
        ),
        ...legacyFormat(instruction),
      ]
    case 'LABEL':
      return legacyFormat(instruction)
    case 'EXPOSE':
      return instruction.ports.flatMap((port) => exposedPort(port, location))
    case 'MAINTAINER': {
      const detail = 'Maintainer instruction is deprecated in favor of using label'
      return [{ rule: 'MaintainerDeprecated', detail, location }]
    }
    default:
      return []
  }
}

function legacyFormat({ name, legacy, location }: Extract<Instruction, { legacy: boolean }>): Warning[] {
  if (!legacy) return []
  const detail = `"${name} key=value" should be used instead of legacy "${name} key value" format`
  return [{ rule: 'LegacyKeyValueFormat', detail, location }]
}

const secretWords = 'apikey|auth|credentials?|key|password|pword|passwd|secret|token'

/** Names of which a whole word says that they hold a secret: API_KEY, DATABASE_PASSWORD, but not PUBLIC_KEY. */
function secrets(instruction: 'ARG' | 'ENV', names: readonly string[], location: Location): Warning[] {
  return names
    .filter((name) => new RegExp(`(?:_|^)(?:${secretWords})(?:_|$)`, 'i').test(name))
    .filter((name) => !/(?:_|^)public(?:_|$)/i.test(name))
    .map((name) => ({
      rule: 'SecretsUsedInArgOrEnv',
      detail: `Do not use ARG or ENV instructions for sensitive data (${instruction} "${name}")`,
      location,
    }))
}

function exposedPort(port: string, location: Location): Warning[] {
  const found: Warning[] = []
  if (/:/.test(port.replace(/\$\{[^}]*\}/g, ''))) {
    const detail = `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`
    found.push({ rule: 'ExposeInvalidFormat', detail, location })
  }
  const protocol = /\/([a-z]+)$/i.exec(port)?.[1]
  if (protocol !== undefined && protocol !== protocol.toLowerCase()) {
    const detail = `Defined protocol '${port}' in EXPOSE instruction should be lowercase`
    found.push({ rule: 'ExposeProtoCasing', detail, location })
  }
  return found
}

/** A comment right above is taken for the description of what follows, so it should begin with its name. */
function description(
  instruction: 'ARG' | 'FROM',
  names: readonly string[],
  comments: readonly string[],
  location: Location,
): Warning[] {
  const first = comments.at(-1)?.split(' ', 1)[0]
  if (first === undefined || names.length === 0 || names.includes(first)) return []
  const name = names.length > 1 ? '<arg_key>' : names[0]
  const detail = `Comment for ${instruction} should follow the format: \`# ${name} <description>\``
  return [{ rule: 'InvalidDefinitionDescription', detail, location }]
}

function stageDescription({ name, comments, location }: Stage): Warning[] {
  return description('FROM', name === undefined ? [] : [name], comments, location)
}

/** The last one counts; it is the others that are warned of. */
function usedOnce({ instructions }: Stage): Warning[] {
  return (['CMD', 'ENTRYPOINT', 'HEALTHCHECK'] as const).flatMap((name) =>
    instructions
      .filter((instruction) => instruction.name === name)
      .slice(0, -1)
      .map(({ location }): Warning => {
        const detail = `Multiple ${name} instructions should not be used in the same stage because only the last one will be used`
        return { rule: 'MultipleInstructionsDisallowed', detail, location }
      }),
  )
}

/** Who names a shell wants one. */
function shellForm(stages: readonly Stage[], stage: Stage): Warning[] {
  let hasShell = ancestors(stages, stage).some((one) => one.instructions.some(({ name }) => name === 'SHELL'))
  return stage.instructions.flatMap((instruction): Warning[] => {
    if (instruction.name === 'SHELL') hasShell = true
    if (instruction.name !== 'CMD' && instruction.name !== 'ENTRYPOINT') return []
    if (hasShell || instruction.command.form === 'exec') return []
    const detail = `JSON arguments recommended for ${instruction.name} to prevent unintended behavior related to OS signals`
    return [{ rule: 'JSONArgsRecommended', detail, location: instruction.location }]
  })
}

/** Only the first WORKDIR is judged: those after it are relative to what the file itself says. */
function relativeWorkdir(stages: readonly Stage[], stage: Stage): Warning[] {
  const isWorkdir = (instruction: Instruction) => instruction.name === 'WORKDIR'
  if (ancestors(stages, stage).some(({ instructions }) => instructions.some(isWorkdir))) return []
  const first = stage.instructions.find((instruction) => instruction.name === 'WORKDIR')
  if (first === undefined || /^[/$]/.test(first.path)) return []
  const path = JSON.stringify(first.path)
  const detail = `Relative workdir ${path} can have unexpected results if the base image changes`
  return [{ rule: 'WorkdirRelativePath', detail, location: first.location }]
}

/** The stages of this file that the stage is built from. */
function ancestors(stages: readonly Stage[], { base, index }: Stage): Stage[] {
  const parent = stages.findLast((stage) => stage.index < index && stage.name === base.toLowerCase())
  return parent === undefined ? [] : [parent, ...ancestors(stages, parent)]
}
