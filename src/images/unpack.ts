/** From a layer's bytes, as a registry or an archive has them, to an unpacked folder that a container can stand on. */
import type { Digest } from '../oci/digest.ts'
import type { Directories } from '../platform/host/directories.ts'
import type { LayerRecord } from './layers.ts'

/**
 * Where the compressed (or plain) bytes come from: chunks as they arrive, an open descriptor that is read from its
 * position to its end and left open, or a file's path.
 */
export type LayerSource = AsyncIterable<Uint8Array> | number | string

/**
 * Unpacks one layer and returns its record; one that is there already costs a file read (a stream is then drained).
 * Compression (none, gzip, zstd) is found by content. The work is done by one process in the user namespace. Many
 * processes may ask for the same layer at once: one works, the others wait. Throws SampanError when the bytes are no
 * archive, not the `diffId`, or cannot be written; nothing is left behind then.
 */
export declare function unpackLayer(
  directories: Directories,
  diffId: Digest,
  source: LayerSource,
): Promise<LayerRecord>
