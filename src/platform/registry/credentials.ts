/** Names and passwords of registries: from files and credential helpers, and back to them. */
import type { JsonObject } from '../../oci/json.ts'
import { asObject, asString, optional } from '../../oci/json.ts'
import {
  type AuthFile,
  authPaths,
  type Custom,
  type Environment,
  editAuths,
  keyFor,
  normaliseKey,
  ownAuthPath,
  readAuthFile,
} from './auth-file.ts'
import { CredentialHelper } from './credential-helper.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
  /** Instead of a password, where a login gave one: it is good for tokens and nothing else. */
  readonly identityToken?: string
}

/**
 * What is known for a registry; a path of it (podman's `quay.io/team`) before the registry as a whole.
 * @returns undefined where nobody logged in
 * @throws SampanError for a file that is damaged, or a credential helper that is missing or does not answer
 */
export function credentialsFor(
  registry: string,
  environment: Environment,
  { repository = '', custom = 'docker' }: { readonly repository?: string; readonly custom?: Custom } = {},
): Credentials | undefined {
  const names = narrowing(registry, repository)
  for (const path of authPaths(environment, custom)) {
    const file = readAuthFile(path)
    const found = file === undefined ? undefined : inFile(file, names, environment)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Keeps a login for good.
 * @param name a registry, or a path of one
 * @returns the file that now has the password in it; undefined when a helper keeps it
 */
export function keepCredentials(
  name: string,
  credentials: Credentials,
  environment: Environment,
  custom: Custom,
): string | undefined {
  const own = ownAuthPath(environment, custom)
  const helper = helperOf(readAuthFile(own), name)
  const key = keyFor(name, custom)
  if (helper !== undefined) {
    new CredentialHelper(helper, environment).store(keyFor(name, 'docker'), credentials)
    // As docker: the empty entry says that there is one.
    editAuths(own, (auths) => ({ ...without(auths, name), [key]: {} }))
    return undefined
  }
  const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
  // A file that is looked into before ours must not go on with the old password.
  const others = authPaths(environment, custom).filter((path) => path !== own && knows(path, name))
  for (const path of [own, ...(custom === 'podman' ? others : [])]) {
    editAuths(path, (auths) => ({ ...without(auths, name), [key]: { auth } }))
  }
  return own
}

/** Forgets a login everywhere we would find it. @returns whether there was one */
export function forgetCredentials(name: string, environment: Environment, custom: Custom): boolean {
  let found = false
  for (const path of authPaths(environment, custom)) {
    const file = readAuthFile(path)
    const helper = helperOf(file, name)
    if (helper !== undefined) {
      const keeper = new CredentialHelper(helper, environment)
      const server = keyFor(name, 'docker')
      if (keeper.get(server) !== undefined) {
        keeper.erase(server)
        found = true
      }
    }
    if (!knows(path, name)) continue
    editAuths(path, (auths) => without(auths, name))
    found = true
  }
  return found
}

/** Every registry there is a login for. */
export function knownRegistries(environment: Environment, custom: Custom): string[] {
  const names = new Set<string>()
  for (const path of authPaths(environment, custom)) {
    const file = readAuthFile(path)
    if (file === undefined) continue
    for (const key of [...Object.keys(file.auths), ...Object.keys(file.credHelpers)])
      names.add(normaliseKey(key))
    if (file.credsStore !== undefined) {
      const kept = new CredentialHelper(file.credsStore, environment).list()
      for (const key of Object.keys(kept)) names.add(normaliseKey(key))
    }
  }
  return [...names].sort()
}

/** `a/b/c` → the whole, then `a/b`, then `a`. */
function narrowing(registry: string, repository: string): string[] {
  const parts = [registry, ...repository.split('/').filter((part) => part !== '')]
  return parts.map((_, at) => parts.slice(0, parts.length - at).join('/'))
}

function inFile(file: AuthFile, names: readonly string[], environment: Environment): Credentials | undefined {
  const registry = names.at(-1) ?? ''
  const helper = helperOf(file, registry)
  if (helper !== undefined) {
    const kept = new CredentialHelper(helper, environment).get(keyFor(registry, 'docker'))
    if (kept !== undefined) return kept
  }
  for (const name of names) {
    for (const [key, value] of Object.entries(file.auths)) {
      const found = normaliseKey(key) === name ? readEntry(value, `${file.path}: ${key}`) : undefined
      if (found !== undefined) return found
    }
  }
  return undefined
}

function helperOf(file: AuthFile | undefined, name: string): string | undefined {
  if (file === undefined) return undefined
  const own = Object.entries(file.credHelpers).find(([key]) => normaliseKey(key) === name)
  return own?.[1] ?? (file.credsStore || undefined)
}

function readEntry(value: unknown, what: string): Credentials | undefined {
  const entry = asObject(value, what)
  const identityToken = optional(entry, 'identitytoken', what, asString)
  const auth = optional(entry, 'auth', what, asString)
  const found = auth ? decode(auth) : undefined
  if (identityToken) return { username: '', password: '', ...found, identityToken }
  return found
}

function knows(path: string, name: string): boolean {
  return Object.keys(readAuthFile(path)?.auths ?? {}).some((key) => normaliseKey(key) === name)
}

function without(auths: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(auths).filter(([key]) => normaliseKey(key) !== name))
}

function decode(auth: string): Credentials | undefined {
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
