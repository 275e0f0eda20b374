/** A layer that the job `pack-difference` packs, stored and unpacked in one pass: where no folder can become one as it is. */
import { IncomingBlob } from '../images/archive-blob.ts'
import type { ImageStore } from '../images/store.ts'
import { unpackNewLayer } from '../images/unpack.ts'
import { mediaType } from '../oci/media-types.ts'
import { startWriter, type Writer } from '../platform/helper/inside.ts'
import { type StageLayer, stageLayer } from './state.ts'

export async function packedLayer(store: ImageStore, args: readonly string[]): Promise<StageLayer> {
  const writer = startWriter(store.directories, 'pack-difference', args, 'pipe')
  try {
    using blob = new IncomingBlob(store)
    const layer = await unpackNewLayer(store.directories, blob.tee(whole(writer)))
    const digest = await blob.place('the layer')
    return stageLayer(store, layer, { mediaType: mediaType.ociLayer, digest, size: blob.size })
  } finally {
    writer.kill()
  }
}

async function* whole(writer: Writer): AsyncGenerator<Uint8Array> {
  yield* writer.chunks
  // Half a layer is no layer: a job that failed says so here.
  await writer.done
}
