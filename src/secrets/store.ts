/**
 * Secrets: DATA/secrets/NAME/{secret.json,data}, mode 0600 below 0700. One appears whole by the rename of a folder.
 * What is in `data` is told to containers that ask for it, and to `secret inspect --showsecret`: nowhere else.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError, usage } from '../errors.ts'
import { syncFolder } from '../platform/files/folder.ts'
import { readRecord, writeRecord, writeWhole } from '../platform/files/record.ts'
import type { Directories } from '../platform/host/directories.ts'
import { randomHex } from '../platform/host/random.ts'
import { Lock } from '../platform/libc/lock.ts'

export interface Secret {
  readonly version: 1
  /** 25 hexadecimal digits, as podman's. */
  readonly id: string
  readonly name: string
  /** RFC 3339, UTC. */
  readonly created: string
  readonly updated: string
  readonly labels: Readonly<Record<string, string>>
}

/** The kernel and podman take no more; a secret is no file server. */
const LARGEST = 512_000

export class SecretStore {
  readonly #folder: string

  constructor({ data }: Pick<Directories, 'data'>) {
    this.#folder = join(data, 'secrets')
  }

  /** By name. */
  list(): Secret[] {
    let names: string[]
    try {
      names = readdirSync(this.#folder)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return []
      throw error
    }
    return names
      .filter((name) => !name.startsWith('.'))
      .sort()
      .flatMap((name) => this.#read(name) ?? [])
  }

  /** By name, id or the beginning of an id. Throws no-such-object, and usage for a beginning of several. */
  find(word: string): Secret {
    const all = this.list()
    const exact = all.find(({ name, id }) => name === word || id === word)
    if (exact !== undefined) return exact
    const meant = word === '' ? [] : all.filter(({ id }) => id.startsWith(word))
    if (meant.length > 1) throw usage(`more than one secret begins with ${word}`)
    if (meant[0] !== undefined) return meant[0]
    throw new SampanError(`no secret with name or id "${word}": no such secret`, {
      kind: 'no-such-object',
      hint: '`secret ls` lists the secrets there are',
    })
  }

  /** Throws no-such-object when it was removed meanwhile. */
  dataOf({ name }: Secret): Buffer {
    try {
      return readFileSync(join(this.#folder, name, 'data'))
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      throw new SampanError(`no secret with name or id "${name}": no such secret`, { kind: 'no-such-object' })
    }
  }

  /**
   * `taken` says what to do about one of that name: it is an error, stays as it is, or goes. Throws usage for a name or
   * data that cannot be, conflict for a name that is taken.
   */
  create(
    name: string,
    data: Uint8Array,
    labels: Readonly<Record<string, string>>,
    taken: 'error' | 'keep' | 'replace',
  ): { readonly secret: Secret; readonly isNew: boolean } {
    checkName(name)
    if (data.length === 0 || data.length > LARGEST) {
      throw new SampanError(`secret data must be larger than 0 and at most ${LARGEST} bytes`, {
        kind: 'usage',
      })
    }
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    using _lock = Lock.take(`${this.#folder}.lock`, 'exclusive')
    const there = this.#read(name)
    if (there !== undefined && taken === 'keep') return { secret: there, isNew: false }
    if (there !== undefined && taken === 'error') {
      throw new SampanError(`secret name in use: ${name}`, {
        kind: 'conflict',
        hint: '--replace takes its place, --ignore leaves it',
      })
    }
    const now = new Date().toISOString()
    const secret: Secret = {
      version: 1,
      id: randomHex(13).slice(0, 25),
      name,
      created: now,
      updated: now,
      labels,
    }
    const temporary = join(this.#folder, `.${name}.tmp-${process.pid}`)
    rmSync(temporary, { recursive: true, force: true })
    mkdirSync(temporary, { mode: 0o700 })
    try {
      writeWhole(join(temporary, 'data'), data)
      writeRecord(join(temporary, 'secret.json'), secret)
      if (there !== undefined) this.#forget(name)
      renameSync(temporary, join(this.#folder, name))
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true })
      throw error
    }
    syncFolder(this.#folder)
    return { secret, isNew: true }
  }

  /** Containers that were made with it keep what they have. */
  remove({ name }: Secret): void {
    using _lock = Lock.take(`${this.#folder}.lock`, 'exclusive')
    this.#forget(name)
  }

  #forget(name: string): void {
    const gone = join(this.#folder, `.${name}.rm-${process.pid}`)
    try {
      renameSync(join(this.#folder, name), gone)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
    rmSync(gone, { recursive: true, force: true })
  }

  #read(name: string): Secret | undefined {
    return readRecord(join(this.#folder, name, 'secret.json'), (value) => {
      const secret = value as Partial<Secret> | null
      if (secret?.version !== 1 || typeof secret.id !== 'string') throw new Error('not a secret of version 1')
      return secret as Secret
    })
  }
}

/** podman's rule. */
function checkName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$/.test(name) && !name.includes('=')) return
  throw new SampanError(
    `secret name "${name}" can not include '=', '/', ',', or the NULL ('\\0') and be between 1 and 253 characters: invalid secret name`,
    { kind: 'usage', hint: 'letters, digits, ".", "_" and "-", the first a letter or digit' },
  )
}
