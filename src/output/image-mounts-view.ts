/** `image mount`: paths, as podman prints them. */
import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import type { ImageMount } from '../operations/mount-image.ts'
import { encodeJson } from './template/json.ts'

/** The folder alone for one image that was named; else a line with the name before it. `format`: '' or json. */
export function printImageMounts(
  mounts: readonly ImageMount[],
  format: string,
  named: boolean,
  context: Context,
): void {
  if (format === 'json') {
    const list = mounts.map(({ id, names, folder }) => ({
      id: id.slice(7),
      Repositories: names,
      mountpoint: folder,
    }))
    context.out.write(`${encodeJson(list)}\n`)
    return
  }
  if (format !== '') throw usage('only supported value for --format is json')
  const line = ({ id, names, folder }: ImageMount) =>
    named && mounts.length === 1 ? folder : `${names[0] ?? id.slice(7)} ${folder}`
  context.out.write(mounts.map((mount) => `${line(mount)}\n`).join(''))
}
