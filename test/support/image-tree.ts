/** What is in a saved image: its configuration, and every file that a container of it would see. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { sha256 } from './oci-image.ts'

export interface SavedImage {
  readonly config: Readonly<Record<string, unknown>>
  readonly diffIds: readonly string[]
  /** Path without a slash at its ends → kind, mode, owner and content, in words that can be compared. */
  readonly tree: ReadonlyMap<string, string>
}

/** Words for contents that are not the same on all machines, by their SHA-256 in hex. */
export type Known = ReadonlyMap<string, string>

interface Member {
  readonly header: Header
  readonly bytes: Buffer
}

/** An archive as `save` writes it: with manifest.json, as Docker has it. */
export async function readSavedImage(archive: Uint8Array, known: Known = new Map()): Promise<SavedImage> {
  const members = new Map((await membersOf(archive)).map(({ header, bytes }) => [header.name, bytes]))
  const json = (name: string) => JSON.parse(String(members.get(name)))
  const [{ Config, Layers }] = json('manifest.json')
  const image = json(Config)
  const tree = new Map<string, string>()
  for (const layer of Layers) addLayer(tree, await membersOf(members.get(layer) ?? Buffer.of()), known)
  return { config: { ...withoutEmpty(image.config), ...author(image) }, diffIds: image.rootfs.diff_ids, tree }
}

/** What differs from the base: path → entry, or `removed`. */
export function changesOf(image: SavedImage, base: SavedImage): Record<string, string> {
  const below = image.diffIds[0] === base.diffIds[0] ? base.tree : new Map<string, string>()
  const changed = [...image.tree].filter(([path, entry]) => below.get(path) !== entry)
  const removed = [...below.keys()].filter((path) => !image.tree.has(path)).map((path) => [path, 'removed'])
  return Object.fromEntries([...changed, ...removed].sort(([a = ''], [b = '']) => (a < b ? -1 : 1)))
}

function addLayer(tree: Map<string, string>, members: readonly Member[], known: Known): void {
  const remove = (path: string, itself: boolean) => {
    for (const known of [...tree.keys()])
      if ((itself && known === path) || known.startsWith(`${path}/`)) tree.delete(known)
  }
  const added = new Map<string, string>()
  for (const { header, bytes } of members) {
    const path = header.name.replace(/^\.?\//, '').replace(/\/$/, '')
    const [, folder = '', name = ''] = /^(?:(.*)\/)?([^/]*)$/.exec(path) ?? []
    if (name === '.wh..wh..opq') remove(folder, false)
    else if (name.startsWith('.wh.'))
      remove([folder, name.slice(4)].filter((part) => part !== '').join('/'), true)
    else if (path !== '' && path !== '.') {
      const target = header.linkname?.replace(/^\.?\//, '') ?? ''
      const entry =
        header.type === 'link' ? (added.get(target) ?? tree.get(target) ?? '') : entryOf(header, bytes, known)
      if (header.type === 'link') added.set(target, `${entry.replace(/ \(.*\)$/, '')} (has more names)`)
      added.set(path, header.type === 'link' ? (added.get(target) ?? '') : entry)
    }
  }
  for (const [path, entry] of added) {
    if (!entry.startsWith('folder')) remove(path, false)
    tree.set(path, entry)
  }
}

function entryOf(
  { type, mode = 0, uid = 0, gid = 0, linkname }: Header,
  bytes: Buffer,
  known: Known,
): string {
  if (type === 'symlink') return `link ${uid}:${gid} -> ${linkname}`
  const rights = `${(mode & 0o7777).toString(8)} ${uid}:${gid}`
  if (type === 'directory') return `folder ${rights}`
  const text = String(bytes)
  const digest = sha256(bytes)
  const content =
    known.get(digest) ?? (bytes.length > 80 ? `sha256:${digest.slice(0, 16)}` : JSON.stringify(text))
  return `${type} ${rights} ${content}`
}

async function membersOf(archive: Uint8Array): Promise<Member[]> {
  const found: Member[] = []
  const reader = extract()
  reader.end(unpacked(archive))
  for await (const entry of reader) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) chunks.push(chunk as Uint8Array)
    found.push({ header: entry.header, bytes: Buffer.concat(chunks) })
  }
  return found
}

function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes)
  return bytes[0] === 0x28 && bytes[1] === 0xb5 ? zstdDecompressSync(bytes) : bytes
}

/** Go programs write members that are not set in different ways. */
function withoutEmpty(config: Record<string, unknown>): Record<string, unknown> {
  const isSet = (value: unknown) =>
    value !== null &&
    value !== '' &&
    value !== false &&
    JSON.stringify(value) !== '[]' &&
    JSON.stringify(value) !== '{}'
  return Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => isSet(value))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function author({ author }: { readonly author?: string }): Record<string, string> {
  return author === undefined || author === '' ? {} : { author }
}
