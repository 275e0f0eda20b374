/**
 * The files in which tools keep names and passwords of registries: docker's config.json and podman's auth.json
 * (containers-auth.json(5)), which have the same shape. What we do not know in them stays as it is.
 */
import { mkdirSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '../../errors.ts'
import type { JsonObject } from '../../oci/json.ts'
import { asObject, asString, asStringMap, optional } from '../../oci/json.ts'
import { dockerHub } from '../../oci/reference.ts'
import { readRecord, writeWhole } from '../files/record.ts'
import { Lock } from '../libc/lock.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Whose file comes first when both know a registry, and is written by `login`. */
export type Custom = 'docker' | 'podman'

export interface AuthFile {
  readonly path: string
  /** Entries by the keys they have in the file. */
  readonly auths: JsonObject
  readonly credsStore: string | undefined
  readonly credHelpers: Readonly<Record<string, string>>
}

/** The files to look into, in this order; REGISTRY_AUTH_FILE instead of all others. */
export function authPaths(environment: Environment, custom: Custom): readonly string[] {
  const given = environment['REGISTRY_AUTH_FILE']
  if (given) return [given]
  const docker = join(dockerFolder(environment), 'config.json')
  const runtime = environment['XDG_RUNTIME_DIR']
  const podman = [
    ...(runtime ? [join(runtime, 'containers/auth.json')] : []),
    join(containersFolder(environment), 'auth.json'),
  ]
  return custom === 'podman' ? [...podman, docker] : [docker, ...podman]
}

/** Where a login is written: a place that is still there after a restart of the machine. */
export function ownAuthPath(environment: Environment, custom: Custom): string {
  const folder = custom === 'podman' ? containersFolder(environment) : dockerFolder(environment)
  return environment['REGISTRY_AUTH_FILE'] || join(folder, custom === 'podman' ? 'auth.json' : 'config.json')
}

function dockerFolder(environment: Environment): string {
  return environment['DOCKER_CONFIG'] || join(environment['HOME'] ?? '/', '.docker')
}

function containersFolder(environment: Environment): string {
  const config = environment['XDG_CONFIG_HOME']
  return join(config?.startsWith('/') ? config : join(environment['HOME'] ?? '/', '.config'), 'containers')
}

/** Undefined where there is none. @throws SampanError (damaged) naming the file */
export function readAuthFile(path: string): AuthFile | undefined {
  return readRecord(path, (value) => {
    const file = asObject(value, 'the file')
    return {
      path,
      auths: optional(file, 'auths', 'the file', asObject) ?? {},
      credsStore: optional(file, 'credsStore', 'the file', asString),
      credHelpers: optional(file, 'credHelpers', 'the file', asStringMap) ?? {},
    }
  })
}

/** Replaces `auths`, and nothing else; readable by its owner only. One writer at a time. */
export function editAuths(path: string, edit: (auths: JsonObject) => JsonObject): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const lockPath = `${path}.lock`
  using _lock = Lock.take(lockPath, 'exclusive', { what: path, deadline: 10_000 })
  const before = readRecord(path, (value) => asObject(value, 'the file')) ?? {}
  const auths = edit(optional(before, 'auths', path, asObject) ?? {})
  // A person may keep the file elsewhere, with a link to it here.
  writeWhole(realPath(path), `${JSON.stringify({ ...before, auths }, undefined, '\t')}\n`)
  rmSync(lockPath, { force: true })
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return path
    throw error
  }
}

const hubKeys = new Set([dockerHub, 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'])

/** `https://index.docker.io/v1/` → `docker.io`; a host, or podman's host and path, stays. */
export function normaliseKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/+$/, '')
  const [host = '', ...path] = bare.split('/')
  const name = hubKeys.has(host) ? dockerHub : host
  return path.length === 0 || /^v[12]$/.test(path.join('/')) ? name : [name, ...path].join('/')
}

/** What a registry is called in the file, and to credential helpers: Docker Hub by its address of old. */
export function keyFor(registry: string, custom: Custom): string {
  return registry === dockerHub && custom === 'docker' ? 'https://index.docker.io/v1/' : registry
}
