/** Names and passwords that `docker login` (or ours) left in `~/.docker/config.json`. Read-only. */
import { join } from 'node:path'
import { asObject, asString, optional } from '../../oci/json.ts'
import { dockerHub } from '../../oci/reference.ts'
import { readRecord } from '../files/record.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** @returns undefined where nobody logged in; throws SampanError (damaged) for a file that cannot be read */
export function credentialsFor(registry: string, environment: Environment): Credentials | undefined {
  const folder = environment['DOCKER_CONFIG'] || join(environment['HOME'] ?? '/', '.docker')
  const auths = readRecord(join(folder, 'config.json'), (value) => {
    const file = asObject(value, 'the file')
    return optional(file, 'auths', 'the file', asObject) ?? {}
  })
  if (auths === undefined) return undefined
  for (const [key, value] of Object.entries(auths)) {
    if (hostOf(key) !== hostOf(registry)) continue
    const entry = asObject(value, key)
    const auth = optional(entry, 'auth', key, asString)
    const found = auth ? decode(auth) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** Keys are hosts or, from older tools, URLs: `https://index.docker.io/v1/` is Docker Hub. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? dockerHub : host
}

function decode(auth: string): Credentials | undefined {
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
