/**
 * Names and passwords that `docker login` left in `~/.docker/config.json`, or with the credential helper that file
 * names (`docker-credential-NAME get`, the protocol of docker-credential-helpers). Read-only.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import type { JsonObject } from '../../oci/json.ts'
import { asObject, asString, asStringMap, optional, parseJson } from '../../oci/json.ts'
import { dockerHub } from '../../oci/reference.ts'
import { readRecord } from '../files/record.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** A helper may ask the person to unlock a keyring. */
const helperTimeout = 60_000

type Environment = Readonly<Record<string, string | undefined>>

interface Config {
  readonly auths: JsonObject
  readonly credsStore: string | undefined
  readonly credHelpers: Readonly<Record<string, string>>
}

/**
 * @returns undefined where nobody logged in
 * @throws SampanError for a file that cannot be read (damaged), or a credential helper that cannot be run
 */
export function credentialsFor(registry: string, environment: Environment): Credentials | undefined {
  const folder = environment['DOCKER_CONFIG'] || join(environment['HOME'] ?? '/', '.docker')
  const config = readRecord(join(folder, 'config.json'), parseConfig)
  if (config === undefined) return undefined
  const helper = config.credHelpers[registry] ?? config.credsStore
  return (
    (helper === undefined ? undefined : askHelper(helper, registry, environment)) ?? inFile(config, registry)
  )
}

function parseConfig(value: unknown): Config {
  const file = asObject(value, 'the file')
  return {
    auths: optional(file, 'auths', 'the file', asObject) ?? {},
    credsStore: optional(file, 'credsStore', 'the file', asString),
    credHelpers: optional(file, 'credHelpers', 'the file', asStringMap) ?? {},
  }
}

function inFile({ auths }: Config, registry: string): Credentials | undefined {
  for (const [key, value] of Object.entries(auths)) {
    if (hostOf(key) !== hostOf(registry)) continue
    const entry = asObject(value, key)
    const auth = optional(entry, 'auth', key, asString)
    const found = auth ? decode(auth) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The helper reads the server's address and prints JSON; any failure but a missing program means: not known there. */
function askHelper(helper: string, registry: string, environment: Environment): Credentials | undefined {
  const program = `docker-credential-${helper}`
  const server = registry === dockerHub ? 'https://index.docker.io/v1/' : registry
  const { status, stdout, error } = spawnSync(program, ['get'], {
    input: server,
    encoding: 'utf8',
    env: { ...environment },
    timeout: helperTimeout,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  if (errnoOf(error) === 'ENOENT') {
    throw new SampanError(`the credential helper ${program} is not there`, {
      hint: 'install it, or take credsStore and credHelpers out of ~/.docker/config.json',
      cause: error,
    })
  }
  if (status !== 0) return undefined
  const answer = asObject(parseJson(stdout, `the answer of ${program}`), `the answer of ${program}`)
  const username = optional(answer, 'Username', program, asString)
  const password = optional(answer, 'Secret', program, asString)
  return username && password !== undefined ? { username, password } : undefined
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
