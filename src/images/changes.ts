/**
 * `--change` of import and commit: Dockerfile instructions that alter a configuration, one a string. Pure.
 *
 * Understood: CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR, in any case, with a
 * space after the word or, as podman also takes it, an equals sign.
 */
import { SampanError } from '../errors.ts'
import type { ContainerDefaults } from '../oci/image-config.ts'

type Instruction = (config: ContainerDefaults, text: string) => ContainerDefaults

const instructions: Readonly<Record<string, Instruction>> = {
  CMD: (config, text) => ({ ...config, Cmd: commandLine(text) }),
  ENTRYPOINT: (config, text) => ({ ...config, Entrypoint: commandLine(text) }),
  ENV: (config, text) => ({ ...config, Env: withVariables(config.Env ?? [], pairs(text, 'ENV')) }),
  EXPOSE: (config, text) => ({
    ...config,
    ExposedPorts: { ...config.ExposedPorts, ...setOf(words(text).flatMap(portsOf)) },
  }),
  LABEL: (config, text) => ({
    ...config,
    Labels: { ...config.Labels, ...Object.fromEntries(pairs(text, 'LABEL')) },
  }),
  ONBUILD: (config, text) => ({ ...config, OnBuild: [...(config.OnBuild ?? []), text] }),
  STOPSIGNAL: (config, text) => ({ ...config, StopSignal: text }),
  USER: (config, text) => ({ ...config, User: text }),
  VOLUME: (config, text) => ({
    ...config,
    Volumes: { ...config.Volumes, ...setOf(jsonWords(text) ?? words(text)) },
  }),
  WORKDIR: (config, text) => ({ ...config, WorkingDir: resolved(config.WorkingDir ?? '/', text) }),
  HEALTHCHECK: (config, text) => ({ ...config, Healthcheck: healthcheck(text) }),
}

/** @throws SampanError naming the change that cannot be understood */
export function applyChanges(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults {
  return changes.reduce((changed, change) => {
    const match = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)([\s\S]*?)\s*$/.exec(change)
    const apply = instructions[match?.[1]?.toUpperCase() ?? '']
    const text = match?.[2] ?? ''
    if (apply === undefined || text === '') {
      throw new SampanError(`invalid change ${JSON.stringify(change)}`, {
        hint: `one of ${Object.keys(instructions).join(', ')}, then its value, as in a Dockerfile`,
        kind: 'usage',
      })
    }
    return apply(changed, text)
  }, config)
}

/** A JSON list is the words themselves; anything else is for the shell. */
function commandLine(text: string): readonly string[] {
  return jsonWords(text) ?? ['/bin/sh', '-c', text]
}

function jsonWords(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : undefined
  } catch {
    // As in a Dockerfile: what is no JSON list is a shell command that begins with a bracket.
    return undefined
  }
}

/** Words as a Dockerfile splits them: quotes keep spaces, a backslash keeps the next character. */
export function words(text: string): string[] {
  const found: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\\' && quote !== "'" && at + 1 < text.length) {
      at += 1
      word = (word ?? '') + text.charAt(at)
    } else if (quote !== '') {
      if (char === quote) quote = ''
      else word = (word ?? '') + char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote !== '')
    throw new SampanError(`a quote is not closed in ${JSON.stringify(text)}`, { kind: 'usage' })
  if (word !== undefined) found.push(word)
  return found
}

/** `A=b C="d e"`, or the old form `A the rest`. */
function pairs(text: string, what: string): [string, string][] {
  const first = /^(\S+?)\s+([\s\S]*)$/.exec(text)
  if (first !== null && !(first[1] as string).includes('=')) {
    return [[first[1] as string, words(first[2] as string).join(' ')]]
  }
  return words(text).map((word) => {
    const equals = word.indexOf('=')
    if (equals > 0) return [word.slice(0, equals), word.slice(equals + 1)]
    throw new SampanError(`${what} must have the form NAME=VALUE, not ${JSON.stringify(word)}`, {
      kind: 'usage',
    })
  })
}

function withVariables(env: readonly string[], changes: readonly [string, string][]): string[] {
  const names = new Set(changes.map(([name]) => name))
  const kept = env.filter((entry) => !names.has(entry.slice(0, entry.indexOf('='))))
  return [...kept, ...new Map(changes)].map((entry) => (typeof entry === 'string' ? entry : entry.join('=')))
}

/** `80`, `80/udp`, `8000-8002`. */
export function portsOf(text: string): string[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (match === null || first < 1 || last > 65535 || last < first) {
    throw new SampanError(`invalid containerPort: ${text}`, {
      hint: 'as in 80, 53/udp or 8000-8010',
      kind: 'usage',
    })
  }
  const protocol = (match[3] ?? 'tcp').toLowerCase()
  return Array.from({ length: last - first + 1 }, (_, at) => `${first + at}/${protocol}`)
}

export function setOf(keys: readonly string[]): Record<string, object> {
  return Object.fromEntries(keys.map((key) => [key, {}]))
}

function resolved(from: string, to: string): string {
  const parts: string[] = []
  for (const part of (to.startsWith('/') ? to : `${from}/${to}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

const nanoseconds: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 }

/** `[--interval=30s --timeout=… --start-period=… --retries=3] CMD …`, or `NONE`. */
function healthcheck(text: string): NonNullable<ContainerDefaults['Healthcheck']> {
  if (text.toUpperCase() === 'NONE') return { Test: ['NONE'] }
  const options: Record<string, number> = {}
  let rest = text
  for (let match = option.exec(rest); match !== null; match = option.exec(rest)) {
    const [all, name = '', value = ''] = match
    const key = healthOptions[name]
    if (key === undefined) throw new SampanError(`HEALTHCHECK has no option --${name}`, { kind: 'usage' })
    options[key] = key === 'Retries' ? Number(value) : duration(value)
    rest = rest.slice(all.length)
  }
  const command = /^CMD\s+([\s\S]+)$/i.exec(rest)?.[1]
  if (command === undefined)
    throw new SampanError('HEALTHCHECK must be NONE or CMD and a command', { kind: 'usage' })
  const list = jsonWords(command)
  return { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list], ...options }
}

const option = /^--([a-z-]+)=(\S+)\s+/

const healthOptions: Readonly<Record<string, string>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
  retries: 'Retries',
}

/** Go's durations: `1m30s`. */
function duration(text: string): number {
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(text)) {
    throw new SampanError(`${JSON.stringify(text)} is no duration`, {
      hint: 'as in 30s or 1m30s',
      kind: 'usage',
    })
  }
  let sum = 0
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)) {
    sum += Number(number) * (nanoseconds[unit as string] as number)
  }
  return sum
}
