/** The configuration of an image that is being pulled. */

import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import { parseImageConfig } from '../oci/image-config.ts'
import type { Descriptor, Manifest } from '../oci/manifest.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName } from '../oci/reference.ts'
import { digestOf } from '../platform/host/sha256.ts'
import type { Registry } from '../platform/registry/registry.ts'
import { delayBefore, mostRetries, pause } from '../platform/registry/retry.ts'
import { interrupted } from './download.ts'
import type { ImageStore } from './store.ts'

const largestConfig = 16 << 20

/**
 * From the layout where it is there and whole, else from the registry; in the layout afterwards.
 * @throws SampanError (registry) when it is not what its digest says
 */
export async function fetchConfig(
  store: ImageStore,
  registry: Registry,
  reference: Reference,
  manifest: Manifest,
): Promise<ImageConfig> {
  const { digest, size } = manifest.config
  const what = `configuration of ${familiarName(reference)}`
  if (size > largestConfig) throw new SampanError(`the ${what} has ${size} bytes, ${largestConfig} at most`)
  const bytes = keptBlob(store, digest) ?? (await fetchSmall(registry, reference, manifest.config))
  if (digestOf(bytes) !== digest) {
    throw new SampanError(`the ${what} is not what its digest says`, {
      hint: 'the registry, or something on the way, changed it: try again, or ask another registry',
      kind: 'registry',
    })
  }
  if (bytes.length !== size) {
    throw new SampanError(`the ${what} has ${bytes.length} bytes, and the manifest says ${size}`, {
      hint: 'the image was put together wrongly: ask its author',
      kind: 'registry',
    })
  }
  store.writeBlob(bytes)
  return parseImageConfig(bytes.toString(), what)
}

function keptBlob(store: ImageStore, digest: Digest): Buffer | undefined {
  try {
    return store.readBlob(digest)
  } catch (error) {
    if (error instanceof SampanError && error.kind === 'damaged') return undefined
    throw error
  }
}

/** A broken connection is no reason to give up: the next attempt may go to another source. */
async function fetchSmall(registry: Registry, reference: Reference, blob: Descriptor): Promise<Buffer> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await readSmall(registry, reference, blob)
    } catch (error) {
      if (error instanceof SampanError) throw error
      if (failures > mostRetries) throw interrupted(blob.digest, 0, blob.size, error)
      await pause(delayBefore(failures, undefined))
    }
  }
}

async function readSmall(registry: Registry, reference: Reference, blob: Descriptor): Promise<Buffer> {
  const { body } = await registry.blob(reference, blob.digest)
  const chunks: Uint8Array[] = []
  let have = 0
  for await (const chunk of body) {
    have += chunk.length
    chunks.push(chunk)
    // More than was announced cannot have the right digest: no need to read on.
    if (have > blob.size) break
  }
  return Buffer.concat(chunks)
}
