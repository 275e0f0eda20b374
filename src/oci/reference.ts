/**
 * Names of images, by the grammar that registries share: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`. Pure.
 *
 * Docker Hub has several spellings (none, `docker.io`, `index.docker.io`, `registry.hub.docker.com`) and a
 * `library/` that people leave out: all of them become one Reference here, and `familiarName` gives the short one back.
 */
import { SampanError } from '../errors.ts'
import type { Digest } from './digest.ts'
import { isDigest } from './digest.ts'

export interface Reference {
  /** Host and optional port, `docker.io` for Docker Hub. */
  readonly registry: string
  /** Path on the registry, `library/busybox`. */
  readonly repository: string
  /** At least one of tag and digest is there once `withDefaultTag` was applied. */
  readonly tag?: string
  readonly digest?: Digest
}

export const dockerHub = 'docker.io'
const hubSpellings = new Set([
  dockerHub,
  'index.docker.io',
  'registry.hub.docker.com',
  'registry-1.docker.io',
])

const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const host = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?$`)
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const idShape = /^[0-9a-f]{64}$/
const tagShape = /^\w[\w.-]{0,127}$/

/**
 * @throws SampanError with Docker's words (`invalid reference format`); the message starts with them and the text
 * that was typed follows.
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@')
  const named = at < 0 ? text : text.slice(0, at)
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, 'the digest is sha256: and 64 hex digits')

  const slash = named.lastIndexOf('/')
  const colon = named.indexOf(':', slash + 1)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  if (tag !== undefined && !tagShape.test(tag)) {
    throw invalid(text, 'a tag is up to 128 letters, digits, underscores, dots and dashes')
  }
  const { registry, repository } = splitRegistry(colon < 0 ? named : named.slice(0, colon), text)
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** The first part is a host when it has a dot or a colon, is `localhost`, or has an upper-case letter. */
function splitRegistry(name: string, text: string): { registry: string; repository: string } {
  if (idShape.test(name)) {
    throw invalid(text, 'a name cannot be 64 hexadecimal digits: that is the form of an image id')
  }
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isHost = slash > 0 && looksLikeHost(first)
  const path = isHost ? name.slice(slash + 1) : name
  if (path !== path.toLowerCase()) {
    throw new SampanError(`invalid reference format: repository name (${path}) must be lowercase`, {
      kind: 'usage',
    })
  }
  if ((isHost && !host.test(first)) || !path.split('/').every((part) => component.test(part))) {
    throw invalid(text, 'names look like busybox, user/app:1.0 or registry.example.com:5000/app')
  }
  const onHub = !isHost || hubSpellings.has(first)
  const repository = onHub && !path.includes('/') ? `library/${path}` : path
  if (repository.length > 255) throw invalid(text, 'a repository name has at most 255 characters')
  return { registry: onHub ? dockerHub : first, repository }
}

function looksLikeHost(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
}

/** Whatever stands before an @ in a name, if a host follows: a password that must not be shown again. */
const credentials = /^(?:[a-z]+:\/\/)?[^/]*@(?=[^@]*\/)/

function invalid(text: string, hint: string): SampanError {
  if (credentials.test(text)) {
    return new SampanError(
      `invalid reference format: a name has no user and password in it: ${JSON.stringify(text.replace(credentials, '…@'))}`,
      { hint: 'use `login` for the registry once, and the name without them', kind: 'usage' },
    )
  }
  if (text.includes('://')) {
    return new SampanError(`invalid reference format: ${JSON.stringify(text)}`, {
      hint: 'a name begins with the host of its registry, not with https://',
      kind: 'usage',
    })
  }
  return new SampanError(`invalid reference format: ${JSON.stringify(text)}`, {
    hint,
    kind: 'usage',
  })
}

/** Undefined for what can be no name: an id, or nonsense. */
export function tryReference(text: string): Reference | undefined {
  try {
    return parseReference(text)
  } catch {
    return undefined
  }
}

/** `:latest` where neither tag nor digest was given. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: 'latest' }
    : reference
}

/** Repository without tag and digest, with its registry: `docker.io/library/busybox`. */
export function repositoryName(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`
}

/** As Docker's tables show it: `busybox`, `user/app`, `localhost:5000/app`. Parsed again it means the same. */
export function familiarRepository(reference: Reference): string {
  if (reference.registry !== dockerHub) return repositoryName(reference)
  const { repository } = reference
  const short = /^library\/([^/]+)$/.exec(repository)?.[1] ?? repository
  const slash = short.indexOf('/')
  // docker.io/a.b/c is not a.b/c, which is on the host a.b.
  const misleads = slash < 0 ? idShape.test(short) : looksLikeHost(short.slice(0, slash))
  return misleads ? repositoryName(reference) : short
}

/** The whole name, the key in images.json: `docker.io/library/busybox:latest`, `…@sha256:…`, or both. */
export function fullName(reference: Reference): string {
  return repositoryName(reference) + suffix(reference)
}

/** The short name that means the same: `busybox:latest`. */
export function familiarName(reference: Reference): string {
  return familiarRepository(reference) + suffix(reference)
}

export function sameReference(a: Reference, b: Reference): boolean {
  return fullName(a) === fullName(b)
}

function suffix(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  return reference.digest === undefined ? tag : `${tag}@${reference.digest}`
}
