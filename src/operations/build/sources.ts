/** Where a build reads from: its Dockerfile, and the files of its context. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { FolderTree } from '../../build/copy/types.ts'
import type { BuildProgress } from '../../build/progress.ts'
import type { Context } from '../../cli/context.ts'
import { SampanError } from '../../errors.ts'

export interface Sources extends Disposable {
  /** The Dockerfile. */
  readonly text: string
  /** As the person knows it. */
  readonly path: string
  readonly tree: FolderTree
}

const dockerfileNames = ['Dockerfile', 'dockerfile', 'Containerfile']

export async function openSources(
  request: { readonly context: string; readonly file: string | undefined },
  _progress: BuildProgress,
  _context: Context,
): Promise<Sources> {
  const root = realpathSync(request.context)
  if (!statSync(root).isDirectory()) throw new SampanError(`${request.context} is not a folder`)
  const path =
    request.file ?? dockerfileNames.map((name) => join(root, name)).find((candidate) => existsSync(candidate))
  if (path === undefined) throw new SampanError(`failed to read dockerfile: there is none in ${root}`)
  return {
    text: readFileSync(path, 'utf8'),
    path,
    tree: { kind: 'folder', path: root, ignore: [] },
    [Symbol.dispose]: () => undefined,
  }
}
