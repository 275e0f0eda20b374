/**
 * The secrets of a container: copied into its bundle when it is made, so that it keeps what it was given. The record
 * says which and where, never what.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SampanError } from '../errors.ts'
import type { SpecMount } from '../oci/runtime-spec.ts'
import type { SampanBundle } from '../platform/helper/bundle.ts'
import type { SecretRequest } from '../secrets/secret-flag.ts'
import type { SecretStore } from '../secrets/store.ts'
import type { ContainerRecord } from './record.ts'
import { outsideId } from './user-namespace.ts'

/** One of a container. */
export interface SecretRecord extends Omit<SecretRequest, 'source'> {
  readonly name: string
  readonly id: string
}

/** Throws no-such-object (125). */
export function resolveSecrets(requests: readonly SecretRequest[], store: SecretStore): SecretRecord[] {
  try {
    return requests.map(({ source, ...how }) => {
      const { name, id } = store.find(source)
      return { name, id, ...how }
    })
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
    const { message, hint = '', kind = 'no-such-object', cause } = error
    throw new SampanError(message, { hint, kind, cause, exitCode: 125 })
  }
}

/** Copies them into the new bundle. Throws no-such-object for one that was removed or replaced meanwhile. */
export function writeSecrets(record: ContainerRecord, folder: string, store: SecretStore): void {
  for (const [index, { name, id, mode }] of secretsOf(record).entries()) {
    const secret = store.find(name)
    if (secret.id !== id) throw new SampanError(`secret ${name} was replaced just now`, { hint: 'try again' })
    const path = fileOf(folder, index)
    mkdirSync(join(folder, 'secrets'), { recursive: true, mode: 0o700 })
    writeFileSync(path, store.dataOf(secret), { mode: 0o600 })
    chmodSync(path, mode)
  }
}

export function secretsOf({ secrets }: ContainerRecord): readonly SecretRecord[] {
  return secrets ?? []
}

export function secretMounts(record: ContainerRecord, folder: string): SpecMount[] {
  return secretsOf(record).flatMap(({ type, target }, index) =>
    type === 'mount'
      ? [
          {
            destination: target,
            type: 'bind',
            source: fileOf(folder, index),
            options: ['bind', 'rprivate', 'ro'],
          },
        ]
      : [],
  )
}

/** Whose the files are to be, in numbers of the shared user namespace. */
export function secretOwners(record: ContainerRecord, folder: string): SampanBundle['own'] {
  const { user } = record.namespaces
  return secretsOf(record).flatMap(({ type, uid, gid }, index) => {
    const outside = {
      uid: user === null ? uid : outsideId(user.uidMappings, uid),
      gid: user === null ? gid : outsideId(user.gidMappings, gid),
    }
    // Made by us, they are our own: 0 of the shared namespace.
    return type === 'env' || outside.uid + outside.gid === 0
      ? []
      : [{ path: fileOf(folder, index), ...outside }]
  })
}

/** `KEY=VALUE`. Throws usage for data that no variable can have. */
export function secretVariables(record: ContainerRecord, folder: string): string[] {
  return secretsOf(record).flatMap(({ type, name, target }, index) => {
    if (type !== 'env') return []
    const text = readFileSync(fileOf(folder, index), 'utf8')
    if (!text.includes('\0')) return [`${target}=${text}`]
    throw new SampanError(`secret ${name} has a NUL in it: no variable can have that`, {
      exitCode: 125,
      hint: 'mount it: type=mount',
    })
  })
}

function fileOf(folder: string, index: number): string {
  return join(folder, 'secrets', String(index))
}
