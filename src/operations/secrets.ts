/** `secret …`. */
import { readFileSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { secretEvent } from '../containers/events.ts'
import { errnoOf, SampanError, usage } from '../errors.ts'
import { type Secret, SecretStore } from '../secrets/store.ts'
import { parseFilters } from './filters.ts'

export interface CreateSecretRequest {
  readonly name: string
  /** A file, `-` for standard input, the name of a variable with `fromVariable`. */
  readonly source: string
  readonly fromVariable: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly taken: 'error' | 'keep' | 'replace'
}

/** Throws conflict, usage, and what reading the source throws. */
export function createSecret(request: CreateSecretRequest, { directories, environment }: Context): Secret {
  const data = request.fromVariable ? variable(request.source, environment) : readSource(request.source)
  const { name, labels, taken } = request
  const { secret, isNew } = new SecretStore(directories).create(name, data, labels, taken)
  if (isNew) secretEvent(directories, 'create', secret)
  return secret
}

function variable(name: string, environment: Context['environment']): Buffer {
  const value = environment[name]
  if (value !== undefined) return Buffer.from(value)
  throw new SampanError(`cannot create store secret data: environment variable ${name} is not set`)
}

function readSource(source: string): Buffer {
  try {
    return readFileSync(source === '-' ? 0 : source)
  } catch (error) {
    const why = errnoOf(error) === 'ENOENT' ? 'no such file or directory' : (error as Error).message
    throw new SampanError(`open ${source}: ${why}`, { cause: error })
  }
}

/** By name. Throws usage for a filter that cannot be. */
export function listSecrets(filter: readonly string[], { directories }: Context): Secret[] {
  const filters = parseFilters(filter, ['id', 'label', 'label!', 'name', 'driver'])
  return new SecretStore(directories)
    .list()
    .filter(
      ({ id, name, labels }) =>
        filters.matches('id', (word) => id.startsWith(word)) &&
        filters.matches('name', (word) => name.includes(word)) &&
        filters.matches('driver', (word) => word === 'file') &&
        filters.matchesLabels(labels),
    )
}

/** Docker's members and podman's. `shown`: with the data. Throws no-such-object. */
export function inspectSecret(word: string, shown: boolean, { directories }: Context): object {
  const store = new SecretStore(directories)
  const secret = store.find(word)
  return {
    ID: secret.id,
    CreatedAt: secret.created,
    UpdatedAt: secret.updated,
    Spec: { Name: secret.name, Driver: { Name: 'file', Options: {} }, Labels: secret.labels },
    ...(shown ? { SecretData: store.dataOf(secret).toString('utf8') } : {}),
  }
}

/** Returns its id. Throws no-such-object. */
export function removeSecret(word: string, dryRun: boolean, { directories }: Context): string {
  const store = new SecretStore(directories)
  const secret = store.find(word)
  if (dryRun) return secret.id
  store.remove(secret)
  secretEvent(directories, 'remove', secret)
  return secret.id
}

export function secretExists(word: string, { directories }: Context): boolean {
  try {
    new SecretStore(directories).find(word)
    return true
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'no-such-object') return false
    throw error
  }
}

/** Throws usage where neither or both are given. */
export function chosenSecrets(words: readonly string[], all: boolean, context: Context): readonly string[] {
  if (all === words.length > 0) throw usage('give secrets by name, or --all')
  return all ? listSecrets([], context).map(({ name }) => name) : words
}
