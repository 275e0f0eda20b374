/** HEALTHCHECK: `NONE`, or `[--interval=30s …] CMD command`. Pure. */
import { tryDuration } from '../../containers/values/duration.ts'
import { readFlags } from './flags.ts'
import type { Statement } from './statement.ts'
import { atLeastOne, commandLine, written } from './statement.ts'
import type { HealthcheckInstruction } from './types.ts'

/** @throws DockerfileError */
export function parseHealthcheck(statement: Statement): HealthcheckInstruction {
  const { line, at, rest } = statement
  atLeastOne(statement, 'HEALTHCHECK NONE or HEALTHCHECK CMD command')
  const [, word = '', blanks = '', after = ''] = /^(\S+)(\s*)([\s\S]*)$/.exec(rest) ?? []
  const kind = word.toUpperCase()
  if (kind === 'NONE') {
    if (after !== '')
      throw line.error('HEALTHCHECK NONE takes no arguments', at + word.length + blanks.length)
    readFlags(line, statement.flags, {})
    return { ...written(statement), name: 'HEALTHCHECK', check: 'none' }
  }
  if (kind !== 'CMD') {
    throw line.error(`Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`, at, 'CMD or NONE')
  }
  if (after === '') {
    throw line.error('Missing command after HEALTHCHECK CMD', line.text.trimEnd().length, 'a command')
  }
  const given = readFlags(line, statement.flags, {
    interval: 'text',
    timeout: 'text',
    'start-period': 'text',
    'start-interval': 'text',
    retries: 'text',
  })
  const time = (name: keyof typeof given) => given[name] && nanoseconds(statement, name, given[name])
  return {
    ...written(statement),
    name: 'HEALTHCHECK',
    check: {
      command: commandLine({ ...statement, rest: after, at: at + word.length + blanks.length }),
      ...defined({
        interval: time('interval'),
        timeout: time('timeout'),
        startPeriod: time('start-period'),
        startInterval: time('start-interval'),
        retries: given.retries && retries(statement, given.retries),
      }),
    },
  }
}

/** At least a millisecond, or 0 for the default. */
function nanoseconds({ line, flags }: Statement, name: string, text: string): number {
  const at = flags.find((flag) => flag.name === name)?.at ?? 0
  const value = tryDuration(text)
  if (value === undefined) {
    throw line.error(
      `time: invalid duration ${JSON.stringify(text)}`,
      at,
      'a number and a unit: 30s, 1m30s, 500ms',
    )
  }
  if (value !== 0 && value < 1e6) throw line.error(`Interval "${name}" cannot be less than 1ms`, at)
  return value
}

function retries({ line, flags }: Statement, text: string): number {
  const at = flags.find((flag) => flag.name === 'retries')?.at ?? 0
  if (/^-\d+$/.test(text)) throw line.error(`--retries cannot be negative (${text})`, at, 'a whole number')
  if (!/^\d{1,9}$/.test(text)) throw line.error(`--retries must be a whole number, not ${text}`, at)
  return Number(text)
}

function defined<Key extends string>(values: Record<Key, number | '' | undefined>): { [K in Key]?: number } {
  const entries = Object.entries(values).filter(([, value]) => typeof value === 'number')
  return Object.fromEntries(entries) as { [K in Key]?: number }
}
