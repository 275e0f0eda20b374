/** What `.dockerignore` leaves out of a folder, as a layer of whiteouts that is laid over it: nothing is copied. */
import { mkdirSync, readdirSync } from 'node:fs'
import { pathOf } from '../../platform/files/byte-names.ts'
import type { Directories } from '../../platform/host/directories.ts'
import { ordered } from '../copy/apply.ts'
import type { Item } from '../copy/items.ts'

/** What the job `hide` reads from its standard input. */
export interface HideOrder {
  /** The new layer, an empty folder. */
  readonly upper: string
  readonly lower: string
  /** Below `lower`: byte strings, without slashes at their ends. */
  readonly names: readonly string[]
}

/** What is in a folder of the context and not among the items of its plan: byte strings, and of a folder only itself. */
export function leftOut(folder: string, items: readonly Item[]): string[] {
  const kinds = new Map(items.map(({ to, kind }) => [to, kind]))
  const names: string[] = []
  const walk = (path: string, above: string) => {
    for (const name of readdirSync(pathOf(path), { encoding: 'latin1' })) {
      const kind = kinds.get(above + name)
      if (kind === undefined) names.push(above + name)
      else if (kind === 'folder') walk(`${path}/${name}`, `${above}${name}/`)
    }
  }
  walk(folder, '')
  return names
}

/** Makes the layer. */
export async function hide(
  order: HideOrder,
  directories: Directories,
  signal: AbortSignal | undefined,
): Promise<void> {
  mkdirSync(order.upper, { recursive: true, mode: 0o755 })
  await ordered('hide', order, directories, signal)
}
