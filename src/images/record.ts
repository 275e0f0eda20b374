/** `DATA/images.json`: which manifests are images here, and what they are called. The truth; oci/index.json follows it. */
import type { Digest } from '../oci/digest.ts'
import { parseDigest } from '../oci/digest.ts'
import { asInteger, asObject, asString, defined, optional } from '../oci/json.ts'

export interface ImagesRecord {
  readonly version: 1
  readonly manifests: Readonly<Record<Digest, ManifestRecord>>
  /** Keys are whole names, `docker.io/library/x:latest` or `docker.io/library/x@sha256:…`. */
  readonly names: Readonly<Record<string, NameRecord>>
  /** By whole name: an index for several platforms that is kept as a whole, see lists.ts. */
  readonly lists?: Readonly<Record<string, ListRecord>>
  /** By the digest of the manifest that refers, see referrers.ts. */
  readonly referrers?: Readonly<Record<Digest, ReferrerRecord>>
}

/** A manifest in the layout, with its blobs, that refers to another one. */
export interface ReferrerRecord {
  readonly subject: Digest
  readonly mediaType: string
  /** Bytes of the manifest. */
  readonly size: number
}

/** An index in the layout, with everything it lists. */
export interface ListRecord {
  readonly digest: Digest
  /** Bytes of the index. */
  readonly size: number
  readonly mediaType: string
  /** RFC 3339. */
  readonly changed: string
}

/** What oci/index.json needs, and the image id, so that listing names opens no blob. */
export interface ManifestRecord {
  readonly mediaType: string
  /** Bytes of the manifest. */
  readonly size: number
  /** The image id. */
  readonly config: Digest
  /** When the image came here, RFC 3339. */
  readonly added: string
  /** The same manifest with OCI's media types, where the image's own has Docker's: what index.json lists. */
  readonly twin?: { readonly digest: Digest; readonly size: number }
}

export interface NameRecord {
  readonly manifest: Digest
  /** When the name was given, RFC 3339. */
  readonly tagged: string
}

export const noImages: ImagesRecord = { version: 1, manifests: {}, names: {} }

/** @throws for anything that is not a whole record: every name must lead to a manifest. */
export function parseImagesRecord(value: unknown): ImagesRecord {
  const record = asObject(value, 'record')
  if (record['version'] !== 1) throw new Error(`version ${String(record['version'])} is not known`)
  const manifests: Record<Digest, ManifestRecord> = {}
  for (const [key, entry] of Object.entries(asObject(record['manifests'], 'manifests'))) {
    const manifest = asObject(entry, key)
    manifests[parseDigest(key)] = {
      mediaType: asString(manifest['mediaType'], 'mediaType'),
      size: asInteger(manifest['size'], 'size'),
      config: parseDigest(asString(manifest['config'], 'config')),
      added: asString(manifest['added'], 'added'),
      ...defined({ twin: optional(manifest, 'twin', key, parseTwin) }),
    }
  }
  const names: Record<string, NameRecord> = {}
  for (const [key, entry] of Object.entries(asObject(record['names'], 'names'))) {
    const name = asObject(entry, key)
    const manifest = parseDigest(asString(name['manifest'], 'manifest'))
    if (manifests[manifest] === undefined) throw new Error(`${key} leads to a manifest that is not listed`)
    names[key] = { manifest, tagged: asString(name['tagged'], 'tagged') }
  }
  return {
    version: 1,
    manifests,
    names,
    ...defined({
      lists: optional(record, 'lists', 'lists', parseLists),
      referrers: optional(record, 'referrers', 'referrers', parseReferrers),
    }),
  }
}

function parseReferrers(value: unknown, what: string): Record<Digest, ReferrerRecord> {
  const referrers = Object.entries(asObject(value, what)).map(([key, entry]): [Digest, ReferrerRecord] => {
    const referrer = asObject(entry, key)
    const subject = parseDigest(asString(referrer['subject'], 'subject'))
    const mediaType = asString(referrer['mediaType'], 'mediaType')
    return [parseDigest(key), { subject, mediaType, size: asInteger(referrer['size'], 'size') }]
  })
  return Object.fromEntries(referrers)
}

function parseLists(value: unknown, what: string): Record<string, ListRecord> {
  const lists = Object.entries(asObject(value, what)).map(([key, entry]): [string, ListRecord] => {
    const list = asObject(entry, key)
    const digest = parseDigest(asString(list['digest'], 'digest'))
    const [mediaType, changed] = ['mediaType', 'changed'].map((member) => asString(list[member], member))
    return [key, { digest, size: asInteger(list['size'], 'size'), mediaType, changed } as ListRecord]
  })
  return Object.fromEntries(lists)
}

function parseTwin(value: unknown, what: string): { digest: Digest; size: number } {
  const twin = asObject(value, what)
  return { digest: parseDigest(asString(twin['digest'], what)), size: asInteger(twin['size'], what) }
}
