/** Content digests (OCI image spec, descriptor.md, "Digests"). Only sha256: nothing in the field uses another. */
import { SampanError } from '../errors.ts'

declare const brand: unique symbol

/** `sha256:` and 64 lower-case hex digits. Only the functions of this file make one, so a Digest is safe as a path. */
export type Digest = string & { readonly [brand]: 'digest' }

const shape = /^sha256:[0-9a-f]{64}$/

export function isDigest(text: string): text is Digest {
  return shape.test(text)
}

/** @throws SampanError naming the text, with its own sentence for sha512 and other algorithms of the specification. */
export function parseDigest(text: string, what = 'digest'): Digest {
  if (isDigest(text)) return text
  const algorithm = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):[a-zA-Z0-9=_-]+$/.exec(text)?.[1]
  if (algorithm !== undefined && algorithm !== 'sha256') {
    throw new SampanError(`${what} ${text}: digests of type ${algorithm} are not supported`, {
      hint: 'ask for an image that was pushed with sha256 digests',
      kind: 'unsupported',
    })
  }
  throw new SampanError(`${what} ${JSON.stringify(text)}: must be sha256: and 64 hexadecimal digits`, {
    kind: 'damaged',
  })
}

/** The 64 hex digits: names of blobs and layers on disk. */
export function hexOf(digest: Digest): string {
  return digest.slice(7)
}

/** What Docker shows where the whole digest would be too wide: the first 12 hex digits. */
export function shortId(digest: Digest): string {
  return digest.slice(7, 19)
}

export function digestFromHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`)
}
