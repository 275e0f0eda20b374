/** Whether every unpacked layer is whole and can be found, and nothing is in layers/ and l/ that nobody can use. */
import { existsSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { digestFromHex, shortId } from '../oci/digest.ts'
import { listFolder } from '../platform/files/folder.ts'
import { removeInside, walkInside } from '../platform/helper/inside.ts'
import { Lock } from '../platform/libc/lock.ts'
import { readCatalog } from './catalog.ts'
import { imageTitle, type Refetch } from './check-blobs.ts'
import { detachLayer, needsOf } from './collect.ts'
import type { Damage } from './damage.ts'
import { bytesInBlob } from './layer-bytes.ts'
import { type LayerRecord, layerFolder, makeLink, readLayer } from './layers.ts'
import type { ImageUse } from './removal-rules.ts'
import { restoreLayers } from './restore.ts'
import type { ImageStore } from './store.ts'

export interface LayerCheck {
  /** Markers and links only; else the bytes of the files are counted. */
  readonly quick: boolean
  readonly uses: () => readonly ImageUse[]
  readonly refetch: Refetch
}

export async function* layerDamage(store: ImageStore, check: LayerCheck): AsyncGenerator<Damage> {
  const record = readCatalog(store.data)
  const here = listFolder(join(store.data, 'layers'))
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .map(digestFromHex)
  const markers = new Map<Digest, LayerRecord>()
  for (const diffId of here) {
    const found = markerOf(store, diffId)
    if (typeof found === 'string') yield torn(store, diffId, found, check)
    else markers.set(diffId, found)
  }
  if (!check.quick) yield* shrunken(store, markers, check)
  for (const [diffId, { link }] of markers) {
    if (targetOf(join(store.data, 'l', link)) === `../layers/${diffId.slice(7)}/fs`) continue
    yield {
      what: `layer ${shortId(diffId)} has no link in l/`,
      mend() {
        rmSync(join(store.data, 'l', link), { force: true })
        makeLink(store.data, diffId)
        return 'linked again'
      },
    }
  }
  const there = new Set(here)
  for (const id of new Set(Object.values(record.manifests).map(({ config }) => config))) {
    const own = new Set(
      (Object.keys(record.manifests) as Digest[]).filter((key) => record.manifests[key]?.config === id),
    )
    for (const diffId of needsOf(store, record, own).layers) {
      if (there.has(diffId)) continue
      there.add(diffId)
      const what = `layer ${shortId(diffId)} of ${imageTitle(record, id)} is not unpacked`
      yield { what, mend: () => unpackAgain(store, diffId, check) }
    }
  }
  yield* dangling(store)
}

function* dangling(store: ImageStore): Generator<Damage> {
  for (const name of listFolder(join(store.data, 'l'))) {
    const path = join(store.data, 'l', name)
    if (existsSync(path)) continue
    yield {
      what: `the link l/${name} leads nowhere`,
      mend() {
        if (!existsSync(path)) rmSync(path, { force: true })
        return 'removed'
      },
    }
  }
}

/** A marker that can be used, or what is wrong with it. */
function markerOf(store: ImageStore, diffId: Digest): LayerRecord | string {
  try {
    return readLayer(store.data, diffId) ?? 'it has no layer.json'
  } catch (error) {
    if (error instanceof SampanError) return 'its layer.json cannot be read'
    throw error
  }
}

/** Layers are never written to: fewer or more bytes than were unpacked is damage. */
async function* shrunken(
  store: ImageStore,
  markers: Map<Digest, LayerRecord>,
  check: LayerCheck,
): AsyncGenerator<Damage> {
  const layers = [...markers]
  const folders = layers.map(([diffId]) => join(layerFolder(store.data, diffId), 'fs'))
  const walked = walkInside(store.directories, folders)
  for (const [at, [diffId, { size }]] of layers.entries()) {
    const bytes = walked[at]?.bytes ?? 0
    if (bytes === size) continue
    const blob = blobOf(store, diffId)
    const expected = blob === undefined ? undefined : await bytesInBlob(store, blob)
    if (expected === undefined || expected === bytes) continue
    markers.delete(diffId)
    yield torn(store, diffId, `its files have ${bytes} bytes instead of ${expected}`, check)
  }
}

/** Of an image that has the layer, the blob it was unpacked from. */
function blobOf(store: ImageStore, diffId: Digest): Digest | undefined {
  const image = store.list().find((each) => hasLayer(each, diffId))
  if (image === undefined) return undefined
  try {
    return store.readManifest(image.manifest).layers[image.config.rootfs.diff_ids.indexOf(diffId)]?.digest
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}

function torn(store: ImageStore, diffId: Digest, why: string, check: LayerCheck): Damage {
  return {
    what: `layer ${shortId(diffId)} is not whole: ${why}`,
    async mend() {
      discard(store, diffId, check.uses())
      return await unpackAgain(store, diffId, check)
    },
  }
}

/** Not under the feet of a container: one that runs has it mounted. */
function discard(store: ImageStore, diffId: Digest, uses: readonly ImageUse[]): void {
  const user = uses.find(
    ({ running, layers, image }) => running && (image === undefined || layers.includes(diffId)),
  )
  if (user !== undefined) {
    throw new SampanError(`container ${user.container.slice(0, 12)} runs on it`, {
      hint: `stop it first: sampan stop ${user.container.slice(0, 12)}`,
      kind: 'conflict',
    })
  }
  using lock = Lock.tryTake(`${layerFolder(store.data, diffId)}.lock`, 'exclusive')
  if (lock === undefined)
    throw new SampanError('another command is using it', { hint: 'try again', kind: 'conflict' })
  const folder = detachLayer(store, diffId)
  if (folder !== undefined) removeInside(store.directories, [folder])
}

async function unpackAgain(
  store: ImageStore,
  diffId: Digest,
  { refetch, uses }: LayerCheck,
): Promise<string> {
  const image = store.list().find((each) => hasLayer(each, diffId))
  if (image === undefined) {
    if (!uses().some(({ layers }) => layers.includes(diffId))) return 'removed: no image has it'
    throw new SampanError('a container stands on it, and its image is gone', {
      hint: 'pull the image of that container again',
    })
  }
  try {
    await restoreLayers(store, image)
    return 'unpacked again'
  } catch (error) {
    if (!(error instanceof SampanError)) throw error
  }
  await refetch(image.id)
  return 'fetched again'
}

function hasLayer(
  image: { readonly config: { readonly rootfs: { readonly diff_ids: readonly Digest[] } } },
  diffId: Digest,
) {
  try {
    return image.config.rootfs.diff_ids.includes(diffId)
  } catch (error) {
    if (error instanceof SampanError) return false
    throw error
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'EINVAL') return undefined
    throw error
  }
}
