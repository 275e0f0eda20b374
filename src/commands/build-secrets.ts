/** `--secret` and `--ssh` of build. */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Secret } from '../build/run/secret.ts'
import type { SshSource } from '../build/run/ssh.ts'
import { errnoOf, SampanError, usage } from '../errors.ts'
import { splitCsv } from '../volumes/csv.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Docker's limit. */
const LARGEST = 500 * 1024

/** `id=NAME[,src=FILE][,env=VARIABLE][,type=file|env]`. @throws usage, and SampanError for a file that is not there */
export function parseSecrets(words: readonly string[], environment: Variables): Map<string, Secret> {
  return new Map(words.map((word) => parseSecret(word, environment)))
}

function parseSecret(word: string, environment: Variables): [string, Secret] {
  const fields = fieldsOf(word, '--secret')
  const id = fields.get('id')
  if (id === undefined || id === '') throw usage(`invalid secret "${word}": it has no id`, 'id=NAME,src=FILE')
  const type = fields.get('type')
  if (type !== undefined && type !== 'file' && type !== 'env')
    throw usage(`unsupported secret type "${type}"`, 'file or env')
  const source = fields.get('source') ?? fields.get('src')
  const variable = fields.get('env') ?? (type === 'env' ? (source ?? id) : undefined)
  if (variable !== undefined) return [id, () => Buffer.from(environment[variable] ?? '')]
  // As docker: without a source it is the variable of that name, else the file.
  if (source === undefined && type === undefined && environment[id] !== undefined)
    return [id, () => Buffer.from(environment[id] ?? '')]
  const path = resolve(source ?? id)
  check(path, id)
  return [id, () => readFileSync(path)]
}

function check(path: string, id: string): void {
  try {
    const { size } = statSync(path)
    if (size > LARGEST) throw usage(`secret ${id} is larger than 500 KB`)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    throw new SampanError(`secret ${id}: ${path}: no such file or directory`, { cause: error })
  }
}

/** `default`, `ID`, `ID=SOCKET`, `ID=KEY[,KEY]`: by id. @throws usage, and SampanError for a file that is not there */
export function parseSsh(words: readonly string[], { SSH_AUTH_SOCK }: Variables): Map<string, SshSource> {
  return new Map(
    words.map((word) => {
      const equals = word.indexOf('=')
      const id = equals < 0 ? word : word.slice(0, equals)
      const given = equals < 0 ? SSH_AUTH_SOCK : word.slice(equals + 1)
      if (given === undefined || given === '') {
        throw usage(
          `invalid empty ssh agent socket for ${id}`,
          `make sure SSH_AUTH_SOCK is set: eval $(ssh-agent), or name a key: --ssh ${id}=KEY`,
        )
      }
      return [
        id === '' ? 'default' : id,
        sshSource(
          given.split(',').map((path) => resolve(path)),
          id,
        ),
      ]
    }),
  )
}

function sshSource(paths: readonly string[], id: string): SshSource {
  const sockets = paths.filter((path) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) throw new SampanError(`ssh ${id}: ${path}: no such file or directory`)
    return stat.isSocket()
  })
  const [socket] = sockets
  if (socket === undefined) return { keys: paths }
  if (paths.length === 1) return { socket }
  throw usage(`invalid --ssh ${id}: an agent's socket stands alone`, 'one socket, or any number of keys')
}

/** `KEY=VALUE[,KEY=VALUE]`, keys in lower case. @throws usage */
export function fieldsOf(word: string, flag: string): Map<string, string> {
  return new Map(
    splitCsv(word).map((field) => {
      const equals = field.indexOf('=')
      if (equals < 0) throw usage(`invalid field '${field}' must be a key=value pair`, `in ${flag} ${word}`)
      return [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)]
    }),
  )
}
