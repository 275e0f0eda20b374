/**
 * The build cache on its way to other machines. It travels as an image: its layers are those of the steps, and an
 * annotation of its manifest says which step made which. `--cache-to type=inline` puts the same annotation on the image
 * that was built. Nothing else of the image is looked at, so it does not matter who else reads it.
 */
import { writeComposed } from '../images/compose.ts'
import type { ImageStore } from '../images/store.ts'
import { type Digest, parseDigest } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import { asArray, asInteger, asObject, asString, parseJson } from '../oci/json.ts'
import type { Descriptor, Manifest } from '../oci/manifest.ts'
import type { StageLayer, StageState } from './state.ts'

const annotation = 'sampan.build.cache'

/** A step that this build needed, and the layer it made. */
export interface UsedStep {
  /** The digits of cache.ts. */
  readonly key: string
  /** For the cache's listing. */
  readonly what: string
  readonly layer: StageLayer
}

/** A record that came from elsewhere: its layer may not be here yet. */
export interface ForeignRecord {
  readonly what: string
  readonly diffId: Digest
  readonly blob: Descriptor
  /** Bytes of regular files. */
  readonly size: number
}

/** Where records come from. */
export interface CacheSource {
  readonly records: ReadonlyMap<string, ForeignRecord>
  /** Brings the layer of a record, blob and folder. @throws when it cannot */
  bring(record: ForeignRecord): Promise<void>
}

/** The steps whose layers the result has: what another build of the same target needs. */
export function stepsOf({ layers }: StageState, steps: readonly UsedStep[]): UsedStep[] {
  const own = new Set(layers.map(({ diffId }) => diffId))
  return steps.filter(({ layer }) => own.has(layer.diffId))
}

export function annotationsOf(steps: readonly UsedStep[]): Readonly<Record<string, string>> {
  const records = steps.map(({ key, what, layer: { diffId, size } }) => ({ key, what, diffId, size }))
  return { [annotation]: JSON.stringify({ version: 1, records }) }
}

export interface ComposedCache {
  readonly manifest: Digest
  readonly config: ImageConfig
}

/** Writes configuration and manifest of a cache alone. The same steps give the same bytes. */
export function composeCache(
  store: ImageStore,
  steps: readonly UsedStep[],
  state: StageState,
): ComposedCache {
  const sorted = steps.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const layers = [...new Map(sorted.map(({ layer }) => [layer.diffId, layer])).values()]
  const config: ImageConfig = {
    ...state.platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: [],
  }
  const blobs = layers.map(({ blob }) => blob)
  return {
    manifest: writeComposed(store, { config, layers: blobs, annotations: annotationsOf(sorted) }),
    config,
  }
}

/**
 * The records of an image; none for one that carries no cache of ours.
 * @throws SampanError for a cache that cannot be understood
 */
export function readRecords(
  manifestText: string,
  { layers }: Manifest,
  { rootfs }: ImageConfig,
  what: string,
): Map<string, ForeignRecord> {
  const document = asObject(parseJson(manifestText, what), what)
  const annotations = document['annotations']
  const text = annotations === undefined ? undefined : asObject(annotations, what)[annotation]
  if (text === undefined) return new Map()
  const cache = asObject(parseJson(asString(text, what), what), what)
  if (cache['version'] !== 1) return new Map()
  const blobs = new Map(rootfs.diff_ids.map((diffId, at) => [diffId, layers[at]]))
  const records = new Map<string, ForeignRecord>()
  for (const value of asArray(cache['records'], what)) {
    const record = asObject(value, what)
    const diffId = parseDigest(asString(record['diffId'], what), what)
    const blob = blobs.get(diffId)
    const key = asString(record['key'], what)
    if (blob === undefined || !/^[0-9a-f]{64}$/.test(key)) continue
    records.set(key, {
      what: asString(record['what'], what),
      diffId,
      blob,
      size: asInteger(record['size'], what),
    })
  }
  return records
}
