/** `RUN --mount=type=…,key=value,…`. Pure. */
import { parseSize } from '../../containers/values/size.ts'
import { SampanError } from '../../errors.ts'
import { splitCsv } from '../../volumes/csv.ts'
import type { RunMount } from './mount-types.ts'

type MountType = RunMount['type']

const types: readonly MountType[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh']

/** Every key, what it is short for, and which types know it. */
const keys: Readonly<Record<string, { readonly key: string; readonly types: readonly MountType[] }>> = {
  from: { key: 'from', types: ['bind', 'cache'] },
  source: { key: 'source', types: ['bind', 'cache', 'secret'] },
  src: { key: 'source', types: ['bind', 'cache', 'secret'] },
  target: { key: 'target', types },
  dst: { key: 'target', types },
  destination: { key: 'target', types },
  readonly: { key: 'readonly', types: ['bind', 'cache'] },
  ro: { key: 'readonly', types: ['bind', 'cache'] },
  readwrite: { key: 'readwrite', types: ['bind', 'cache'] },
  rw: { key: 'readwrite', types: ['bind', 'cache'] },
  id: { key: 'id', types: ['cache', 'secret', 'ssh'] },
  sharing: { key: 'sharing', types: ['cache'] },
  required: { key: 'required', types: ['secret', 'ssh'] },
  env: { key: 'env', types: ['secret'] },
  size: { key: 'size', types: ['tmpfs'] },
  mode: { key: 'mode', types: ['cache', 'secret', 'ssh'] },
  uid: { key: 'uid', types: ['cache', 'secret', 'ssh'] },
  gid: { key: 'gid', types: ['cache', 'secret', 'ssh'] },
}

/** Keys that stand alone for `=true`. */
const switches = ['readonly', 'readwrite', 'required']

type Values = Readonly<Record<string, string | undefined>>

/**
 * All mounts of one RUN.
 * @param expand gives a value its variables. Without it (while the file is parsed) a value that holds a variable is left
 * at its default, and only what can be judged is judged.
 * @throws SampanError naming the key or value that is wrong
 */
export function parseMounts(flags: readonly string[], expand?: (word: string) => string): RunMount[] {
  let sshMounts = 0
  return flags.map((flag) => {
    const { type, values } = readMount(flag, expand)
    return build[type](values, type === 'ssh' ? sshMounts++ : 0, flag)
  })
}

function readMount(flag: string, expand?: (word: string) => string): { type: MountType; values: Values } {
  let type: MountType = 'bind'
  const values: Record<string, string> = {}
  const used: string[] = []
  for (const field of splitCsv(flag)) {
    const equals = field.indexOf('=')
    const name = (equals === -1 ? field : field.slice(0, equals)).toLowerCase()
    const { key } = Object.hasOwn(keys, name) ? (keys[name] as { key: string }) : { key: name }
    if (equals === -1 && !switches.includes(key)) {
      throw problem(`invalid field '${field}' must be a key=value pair`)
    }
    const word = equals === -1 ? 'true' : field.slice(equals + 1)
    const variable = /\$./.test(word)
    if (variable && key === 'from') {
      const instead = 'give it a stage of its own: FROM … AS name, then from=name'
      throw problem("'from' doesn't support variable expansion, define alias stage instead", instead)
    }
    if (variable && expand === undefined) continue
    const value = expand === undefined ? word : expand(word)
    if (key === 'type') type = oneOf('mount type', value, types)
    else if (!Object.hasOwn(keys, name)) {
      throw problem(`unexpected key '${name}' in '${field}'`, `one of type, ${Object.keys(keys).join(', ')}`)
    } else {
      used.push(name)
      values[key] = value
    }
  }
  const stray = used.find((name) => !keys[name]?.types.includes(type))
  if (stray !== undefined) throw problem(`unexpected key '${stray}' for mount type '${type}'`)
  return { type, values }
}

const build: { [Type in MountType]: (values: Values, at: number, flag: string) => RunMount } = {
  bind: (values, _, flag) => ({
    type: 'bind',
    target: target(values, flag),
    source: values['source'] ?? '/',
    ...(values['from'] === undefined ? {} : { from: values['from'] }),
    readWrite: !readOnly(values, true),
  }),
  cache: (values, _, flag) => ({
    type: 'cache',
    target: target(values, flag),
    id: values['id'] ?? target(values, flag),
    readOnly: readOnly(values, false),
    sharing: oneOf('sharing value', values['sharing'] ?? 'shared', ['shared', 'private', 'locked']),
    source: values['source'] ?? '/',
    ...(values['from'] === undefined ? {} : { from: values['from'] }),
    ...access(values, 0o755),
  }),
  tmpfs: (values, _, flag) => ({
    type: 'tmpfs',
    target: target(values, flag),
    ...(values['size'] === undefined ? {} : { size: parseSize(values['size'], 'size') }),
  }),
  secret: (values) => {
    if (values['source'] !== undefined && values['id'] !== undefined) {
      throw problem("both source and id can't be set")
    }
    const { target, env } = values
    const id = values['id'] ?? values['source'] ?? target?.split('/').at(-1) ?? env
    if (id === undefined || id === '') throw problem('invalid secret mount. one of source, target required')
    const path = target ?? (env === undefined ? `/run/secrets/${id}` : undefined)
    return {
      type: 'secret',
      id,
      ...(path === undefined ? {} : { target: path }),
      ...(env === undefined ? {} : { env }),
      required: truth('required', values['required'] ?? 'false'),
      ...access(values, 0o400),
    }
  },
  ssh: (values, at) => ({
    type: 'ssh',
    id: values['id'] ?? 'default',
    target: values['target'] ?? `/run/buildkit/ssh_agent.${at}`,
    required: truth('required', values['required'] ?? 'false'),
    ...access(values, 0o600),
  }),
}

function target(values: Values, flag: string): string {
  const path = values['target']
  if (path !== undefined && path !== '') return path
  // A target that is a variable is not known while the file is parsed.
  if (/(?:^|,)"?(?:target|dst|destination)=\S*\$/.test(flag)) return ''
  throw problem(`a mount has no target in '${flag}'`, 'add target=/path')
}

function access(values: Values, mode: number) {
  return {
    mode: values['mode'] === undefined ? mode : number('mode', values['mode'], 8),
    uid: number('uid', values['uid'] ?? '0', 10),
    gid: number('gid', values['gid'] ?? '0', 10),
  }
}

function readOnly(values: Values, byDefault: boolean): boolean {
  if (values['readwrite'] !== undefined) return !truth('readwrite', values['readwrite'])
  return values['readonly'] === undefined ? byDefault : truth('readonly', values['readonly'])
}

function truth(key: string, value: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true
  if (/^(0|f|false)$/i.test(value)) return false
  throw problem(`invalid value for ${key}: ${value}`, 'true or false')
}

function number(key: string, value: string, base: 8 | 10): number {
  if ((base === 8 ? /^[0-7]{1,7}$/ : /^\d{1,10}$/).test(value)) return Number.parseInt(value, base)
  throw problem(`invalid value ${value} for ${key}`, base === 8 ? 'an octal number, as in 0755' : 'a number')
}

function oneOf<const Word extends string>(what: string, value: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value.toLowerCase())
  if (found === undefined) throw problem(`unsupported ${what} ${JSON.stringify(value)}`, words.join(', '))
  return found
}

function problem(message: string, hint?: string): SampanError {
  return new SampanError(message, { kind: 'usage', ...(hint === undefined ? {} : { hint }) })
}
