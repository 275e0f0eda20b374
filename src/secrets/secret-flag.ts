/** `--secret NAME[,type=mount|env][,target=…][,uid=][,gid=][,mode=]`. Pure. */
import { posix } from 'node:path'
import { usage } from '../errors.ts'

export interface SecretRequest {
  /** Name or id. */
  readonly source: string
  readonly type: 'mount' | 'env'
  /** Absolute path of a file; name of a variable. */
  readonly target: string
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

const FOLDER = '/run/secrets'
const KEYS = ['source', 'type', 'target', 'uid', 'gid', 'mode']

/** Throws usage. */
export function parseSecretFlag(given: string): SecretRequest {
  const [first = '', ...rest] = given.split(',')
  const fields = new Map<string, string>()
  for (const field of first.includes('=') ? [first, ...rest] : [`source=${first}`, ...rest]) {
    const at = field.indexOf('=')
    const key = field.slice(0, Math.max(0, at))
    if (!KEYS.includes(key)) throw usage(`invalid option ${field} in --secret ${given}`, KEYS.join(', '))
    fields.set(key, field.slice(at + 1))
  }
  const source = fields.get('source') ?? ''
  if (source === '') throw usage(`invalid --secret ${given}: no source`, 'NAME[,type=mount|env][,target=…]')
  const type = fields.get('type') ?? 'mount'
  if (type !== 'mount' && type !== 'env')
    throw usage(`type ${type} is invalid in --secret ${given}`, 'mount or env')
  if (type === 'env' && ['uid', 'gid', 'mode'].some((key) => fields.has(key))) {
    throw usage(`UID, GID, Mode options cannot be set with secret type env`)
  }
  const target = fields.get('target') || source
  if (type === 'env' && !/^[^=\0]+$/.test(target))
    throw usage(`invalid variable ${target} in --secret ${given}`)
  return {
    source,
    type,
    target: type === 'env' ? target : posix.normalize(posix.resolve(FOLDER, target)),
    uid: number(fields, 'uid', 10, given) ?? 0,
    gid: number(fields, 'gid', 10, given) ?? 0,
    mode: number(fields, 'mode', 8, given) ?? 0o444,
  }
}

function number(
  fields: ReadonlyMap<string, string>,
  key: string,
  base: 8 | 10,
  given: string,
): number | undefined {
  const text = fields.get(key)
  if (text === undefined) return undefined
  const fits = base === 8 ? /^[0-7]{1,4}$/ : /^\d{1,9}$/
  if (!fits.test(text)) throw usage(`${key} ${text} is invalid in --secret ${given}`)
  return Number.parseInt(text, base)
}
