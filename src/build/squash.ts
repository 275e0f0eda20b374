/** `--squash`: all layers that a build has added become one; `--squash-all`: those of the base, too. */
import { IncomingBlob } from '../images/archive-blob.ts'
import type { ImageStore } from '../images/store.ts'
import { unpackNewLayer } from '../images/unpack.ts'
import { mediaType } from '../oci/media-types.ts'
import { startWriter } from '../platform/helper/inside.ts'
import { lowerFolders, type StageState, stageLayer } from './state.ts'

/**
 * The same tree with fewer layers. History keeps its entries, which make no layers any more, and gets one that does.
 * @param base how many layers stay below
 */
export async function squash(store: ImageStore, state: StageState, base: number): Promise<StageState> {
  if (state.layers.length - base < 2) return state
  const below = { ...state, layers: state.layers.slice(0, base) }
  const writer = startWriter(
    store.directories,
    'pack-difference',
    [...lowerFolders(state), '--', ...lowerFolders(below)],
    'pipe',
  )
  try {
    using blob = new IncomingBlob(store)
    const layer = await unpackNewLayer(store.directories, blob.tee(whole(writer)))
    const digest = await blob.place('the layer')
    const descriptor = { mediaType: mediaType.ociLayer, digest, size: blob.size }
    return {
      ...state,
      layers: [...below.layers, stageLayer(store, layer, descriptor)],
      history: merged(state, base),
    }
  } finally {
    writer.kill()
  }
}

async function* whole(writer: ReturnType<typeof startWriter>): AsyncGenerator<Uint8Array> {
  yield* writer.chunks
  // Half a layer is no layer: a job that failed says so here.
  await writer.done
}

function merged({ history, layers }: StageState, base: number): StageState['history'] {
  let seen = 0
  const entries = history.map((entry) => {
    if (entry.empty_layer === true) return entry
    seen += 1
    return seen > base ? { ...entry, empty_layer: true } : entry
  })
  const created = history.at(-1)?.created
  const note = `merge of ${layers.length - base} layers`
  return [...entries, { ...(created === undefined ? {} : { created }), created_by: note }]
}
