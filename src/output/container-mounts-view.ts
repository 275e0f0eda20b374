/** `mount`: paths, as podman prints them. */
import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import type { ContainerMount } from '../operations/mount-container.ts'
import { encodeJson } from './template/json.ts'

/** The folders alone of containers that were named; else a line with the id before it. `format`: '' or json. */
export function printContainerMounts(
  mounts: readonly ContainerMount[],
  {
    format,
    named,
    'no-trunc': whole,
  }: { readonly format: string; readonly named: boolean; readonly 'no-trunc': boolean },
  context: Context,
): void {
  if (format === 'json') {
    context.out.write(`${encodeJson(mounts.map(({ id, folder }) => ({ id, mountpoint: folder })))}\n`)
    return
  }
  if (format !== '') throw usage('only supported value for --format is json')
  const line = ({ id, folder }: ContainerMount) =>
    named ? `${folder}\n` : `${whole ? id : id.slice(0, 12)} ${folder}\n`
  context.out.write(mounts.map(line).join(''))
}
