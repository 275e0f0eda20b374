/** From what a person typed to an image id. Pure: works on the record of all names. */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { hexOf, isDigest } from '../oci/digest.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName, parseReference, withDefaultTag } from '../oci/reference.ts'
import type { ImagesRecord } from './record.ts'

/**
 * The id of the image meant: a whole id or `sha256:` prefix first, then a name, then a bare prefix of an id. So an
 * image called `cafe` is found before one whose id begins so.
 * @throws SampanError for text that can be neither, and for a prefix that several images have
 */
export function findId(record: ImagesRecord, text: string): Digest | undefined {
  const prefix = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(text)?.[1]
  if (prefix !== undefined && (prefix.length === 64 || text.startsWith('sha256:')))
    return idByPrefix(record, prefix)
  const manifest = prefix === undefined ? nameOf(record, parseReference(text)) : tryName(record, text)
  if (manifest !== undefined) return record.manifests[manifest]?.config
  return prefix === undefined ? undefined : idByPrefix(record, prefix)
}

/** Whether `findId` took the text for an id (or part of one), not for a name. */
export function isIdOf(id: Digest, record: ImagesRecord, text: string): boolean {
  const prefix = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(text)?.[1]
  if (prefix === undefined || !hexOf(id).startsWith(prefix)) return false
  return prefix.length === 64 || text.startsWith('sha256:') || tryName(record, text) === undefined
}

/** With tag and digest both given the digest decides, as it does in a pull. */
export function keyOf(reference: Reference): string {
  const { tag, ...untagged } = withDefaultTag(reference)
  return fullName(reference.digest === undefined ? withDefaultTag(reference) : untagged)
}

function nameOf(record: ImagesRecord, reference: Reference): Digest | undefined {
  const key = keyOf(reference)
  return Object.hasOwn(record.names, key) ? record.names[key]?.manifest : undefined
}

function tryName(record: ImagesRecord, text: string): Digest | undefined {
  try {
    return nameOf(record, parseReference(text))
  } catch {
    return undefined
  }
}

function idByPrefix(record: ImagesRecord, prefix: string): Digest | undefined {
  const found = new Set<Digest>()
  for (const { config } of Object.values(record.manifests))
    if (hexOf(config).startsWith(prefix)) found.add(config)
  if (found.size > 1) {
    throw new SampanError(`image id ${prefix} is ambiguous: ${found.size} images begin with it`, {
      hint: 'type more of the id; `sampan images --no-trunc` shows them whole',
    })
  }
  return found.values().next().value
}

/** Docker's sentence; the name with its default tag, an id as it was typed. */
export function noSuchImage(text: string): SampanError {
  return new SampanError(`No such image: ${shown(text)}`, {
    hint: '`sampan images` lists the images that are here, `sampan pull` fetches one',
    kind: 'no-such-image',
  })
}

function shown(text: string): string {
  if (isDigest(text) || /^[0-9a-f]{12,64}$/.test(text)) return text
  try {
    return familiarName(withDefaultTag(parseReference(text)))
  } catch {
    return text
  }
}
