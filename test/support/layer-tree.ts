/** What a layer looks like on disk, with the ids that containers see. */
import { join } from 'node:path'
import { ok } from './process.ts'
import type { TestUser } from './user.ts'

export interface TreeEntry {
  /** As find says it: f d l p c b s. */
  readonly type: string
  readonly mode: string
  readonly owner: string
  readonly size: number
  /** Seconds with nine digits after the point. */
  readonly time: string
  readonly links: number
  readonly target: string
}

/** Imports an archive as the user; returns the folder of its layer. Throws what the tool said when it failed. */
export async function importLayer(user: TestUser, archive: Uint8Array): Promise<string> {
  const id = (await user.ok(['import', '-'], { input: archive })).trim()
  const diffId = await user.ok(['image', 'inspect', '--format', '{{index .RootFS.Layers 0}}', id])
  return join(user.root, 'layers', diffId.slice(7), 'fs')
}

/** Path → entry, names as bytes, the root as ''. */
export async function treeOf(user: TestUser, folder: string): Promise<Map<string, TreeEntry>> {
  const format = '%P\\t%y\\t%m\\t%U:%G\\t%s\\t%T@\\t%n\\t%l\\0'
  const { bytes } = await inside(user, ['find', folder, '-printf', format])
  const tree = new Map<string, TreeEntry>()
  for (const line of Buffer.from(bytes).toString('latin1').split('\0')) {
    if (line === '') continue
    const [path = '', type = '', mode = '', owner = '', size, time = '', links, target = ''] =
      line.split('\t')
    const seconds = `${time}000000000`.replace(/(\.\d{9})\d*$/, '$1')
    tree.set(path, { type, mode, owner, size: Number(size), time: seconds, links: Number(links), target })
  }
  return tree
}

/** Runs a program as root of the namespace that owns the layers. */
export async function inside(user: TestUser, argv: readonly string[]) {
  const enter = user.uid === 0 ? [] : ['unshare', '--map-auto', '--map-root-user']
  const result = await user.run([...enter, ...argv])
  if (result.code !== 0) throw new Error(`${argv.join(' ')}: ${result.stderr}`)
  return result
}

/** The bytes of a file of a layer. */
export async function contentOf(user: TestUser, path: string): Promise<string> {
  return Buffer.from((await inside(user, ['cat', path])).bytes).toString('latin1')
}

/** Temporary folders and half blobs in the store. Layers themselves are closed to a plain user, and not asked. */
export async function halfDone(user: TestUser): Promise<string> {
  const left = await ok([
    ...['find', user.root, '-path', '*/layers/*/fs', '-prune'],
    ...['-o', '(', '-name', '*.tmp-*', '-o', '-path', '*/oci/partial/*', ')', '-print'],
  ])
  return left.trim()
}
