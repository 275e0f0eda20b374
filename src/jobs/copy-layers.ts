/**
 * `copy-layers TARGET LAYER…`: the folders of an image's layers, lowest first, become one tree in TARGET, which
 * exists and is empty. Storage driver vfs; runs inside the user namespace, for as long as the copy takes.
 */
import { SampanError } from '../errors.ts'
import { byteName } from '../platform/files/byte-names.ts'
import { mergeFolder } from '../platform/files/merge-folder.ts'

export default function copyLayers(args: readonly string[]): { readonly layers: number } {
  const [target, ...layers] = args
  if (target === undefined) throw new SampanError('copy-layers needs a target folder')
  process.umask(0)
  for (const layer of layers) mergeFolder(byteName(layer), byteName(target))
  return { layers: layers.length }
}
