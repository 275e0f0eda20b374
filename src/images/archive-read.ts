/** Files of an archive by the names that OCI layouts give them, compared with their digests. */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { isDigest } from '../oci/digest.ts'
import { digestOf } from '../platform/host/sha256.ts'
import { type Archive, type ArchiveFile, readSmall } from './archive.ts'
import { notItsDigest } from './archive-blob.ts'

export function blobName(digest: Digest): string {
  return `blobs/sha256/${digest.slice(7)}`
}

export async function readBlob(
  archive: Archive,
  name: string,
  digest: Digest,
  what: string,
): Promise<Buffer> {
  const bytes = await readSmall(mustHave(archive, name), what)
  const actual = digestOf(bytes)
  if (actual !== digest) throw notItsDigest(what, digest, actual)
  return bytes
}

/** @throws SampanError kind 'damaged' where it is missing */
export function mustHave(archive: Archive, name: string): ArchiveFile {
  const file = archive.file(name)
  if (file !== undefined) return file
  const what = isDigest(`sha256:${name.slice(-64)}`)
    ? `the blob sha256:${name.slice(-64)}`
    : `the file ${name}`
  throw new SampanError(`${archive.title} is incomplete: ${what} is missing`, {
    kind: 'damaged',
    hint: 'save the image again where it came from',
  })
}
