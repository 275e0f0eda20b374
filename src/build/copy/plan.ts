/** What a COPY or ADD would do: its sources found, fetched where they are elsewhere, and digested. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { SampanError } from '../../errors.ts'
import { byteName } from '../../platform/files/byte-names.ts'
import { startJob } from '../../platform/helper/inside.ts'
import type { Directories } from '../../platform/host/directories.ts'
import { sha256 } from '../../platform/host/sha256.ts'
import type { Fetching } from '../context/types.ts'
import { WordError } from '../dockerfile/error.ts'
import { endingWith } from './apply.ts'
import { isArchive } from './archive.ts'
import { type FindOrder, type FoundSource, find } from './find.ts'
import { warnOfSize } from './huge.ts'
import type { Item, Piece } from './items.ts'
import { parseMode } from './modes.ts'
import { hasWildcard } from './patterns.ts'
import { type Fetched, fetchSource, isRemote } from './remote.ts'
import type { CopyPlan, CopyRequest, SourceTree } from './types.ts'
import { namesFolder, severalFiles } from './write.ts'

/**
 * Reads the sources of an instruction; nothing is written but what has to be fetched (below DATA/build, until the plan
 * is disposed of).
 * @param fetching its signal ends what is fetched or read in a job
 * @throws SampanError for a source that is not there, a pattern or mode that is none, what cannot be fetched or read
 */
export async function planCopy(
  request: CopyRequest,
  tree: SourceTree,
  directories: Directories,
  fetching: Fetching = {},
): Promise<CopyPlan> {
  if (request.chmod !== undefined) parseMode(request.chmod)
  const { sources, heredocs, destination, parents } = request
  if (sources.length + heredocs.length > 1 && !namesFolder(destination)) throw severalFiles(request)
  const fetched: string[] = []
  const warnings: string[] = []
  const dispose = () => {
    for (const folder of fetched) rmSync(folder, { recursive: true, force: true })
  }
  try {
    const pieces: Piece[] = []
    const local = sources.filter((source) => !isRemote(request, source))
    checkChecksum(request, local)
    const order: FindOrder = {
      tree,
      sources: local,
      rules: { parents, exclude: request.exclude },
      digests: tree.kind === 'folder' ? digestsFile(directories, tree.path, request) : undefined,
    }
    const found = new Map(
      (await findThere(order, directories, fetching.signal)).map((one) => [one.source, one]),
    )
    for (const source of sources) {
      const here = found.get(source)
      if (here !== undefined) {
        pieces.push(...(await localPieces(request, here, tree, warnings)))
        continue
      }
      const remote = await fetchedSource(request, source, directories, fetching)
      fetched.push(remote.folder)
      pieces.push(...(await unpackedPieces(remote.pieces, request.unpack === true)))
    }
    const warning = tree.kind === 'folder' ? warnOfSize(request, pieces) : undefined
    if (warning !== undefined) warnings.push(warning)
    pieces.push(...heredocs.map(heredocPiece))
    const files = pieces.flatMap(({ items }) => items).filter(({ kind }) => kind === 'file')
    return {
      digest: digestOf(request, pieces),
      files: files.length,
      bytes: files.reduce((sum, { size = 0 }) => sum + size, 0),
      warnings,
      work: { request, items: pieces },
      [Symbol.dispose]: dispose,
    }
  } catch (error) {
    dispose()
    throw error
  }
}

async function fetchedSource(...words: Parameters<typeof fetchSource>): Promise<Fetched> {
  try {
    return await fetchSource(...words)
  } catch (error) {
    throw error instanceof SampanError ? new WordError(words[1], error.message, error) : error
  }
}

async function findThere(
  order: FindOrder,
  directories: Directories,
  signal: AbortSignal | undefined,
): Promise<FoundSource[]> {
  if (order.sources.length === 0) return []
  if (order.tree.kind === 'folder') return await find(order, signal)
  const job = startJob(directories, 'find-sources', [JSON.stringify(order)])
  return JSON.parse(await endingWith(signal, job)) as FoundSource[]
}

async function localPieces(
  request: CopyRequest,
  { source, pieces, hiddenBy }: FoundSource,
  tree: SourceTree,
  warnings: string[],
): Promise<readonly Piece[]> {
  if (pieces.length > 0) {
    return request.instruction === 'ADD' && tree.kind === 'folder'
      ? await unpackedPieces(pieces, request.unpack !== false)
      : pieces
  }
  const hint =
    hiddenBy === undefined
      ? undefined
      : `.dockerignore leaves it out by the pattern ${JSON.stringify(hiddenBy)}`
  if (hasWildcard(source)) {
    warnings.push(`${request.instruction} ${source}: nothing matches${hint === undefined ? '' : `; ${hint}`}`)
    return []
  }
  const climbs = /(^|\/)\.\.(\/|$)/.test(source)
    ? 'a path cannot lead out of the context: build with the folder above as the context'
    : undefined
  const advice = hint ?? climbs
  const error = new SampanError(`${JSON.stringify(rooted(source))}: not found`)
  throw new WordError(source, `${request.instruction} ${source}: ${error.message}`, error, advice)
}

function rooted(source: string): string {
  return join('/', source)
}

async function unpackedPieces(pieces: readonly Piece[], unpack: boolean): Promise<readonly Piece[]> {
  if (!unpack) return pieces
  const result: Piece[] = []
  for (const piece of pieces) {
    const [item] = piece.items
    const archive = piece.form === 'single' && item?.kind === 'file' && (await isArchive(item.from))
    result.push(archive ? { ...piece, form: 'archive' } : piece)
  }
  return result
}

function heredocPiece({ name, content }: CopyRequest['heredocs'][number]): Piece {
  const item: Item = {
    to: '',
    kind: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: '0',
    from: '',
    content,
    size: Buffer.byteLength(content),
    digest: sha256().update(content).digest('hex'),
  }
  return { form: 'single', name: byteName(name), items: [item] }
}

/** One for each COPY: what one of them reads says nothing about what another does. */
function digestsFile({ data }: Directories, root: string, { sources, exclude }: CopyRequest): string {
  const what = JSON.stringify([root, sources, exclude])
  return join(data, 'build', 'digests', sha256().update(what).digest('hex').slice(0, 32))
}

/** Times are not part of it: a file that was only touched is the same file. */
function digestOf(request: CopyRequest, pieces: readonly Piece[]): string {
  const { instruction, destination, directory, chown, chmod, link } = request
  const hash = sha256()
  hash.update(JSON.stringify(['copy', 1, instruction, destination, directory, chown, chmod, link]))
  // Which names are one file counts, the numbers of this machine's inodes do not.
  const inodes = new Map<string, number>()
  const group = (inode: string | undefined) => {
    if (inode === undefined) return 0
    if (!inodes.has(inode)) inodes.set(inode, inodes.size + 1)
    return inodes.get(inode)
  }
  for (const { form, name, items } of pieces) {
    const single = form === 'single' || form === 'archive'
    const lines = items.map(({ to, kind, mode, uid, gid, digest, target, inode, xattrs }) =>
      JSON.stringify([to, kind, mode, uid, gid, digest, target, group(inode), xattrs]),
    )
    hash.update(`\n${JSON.stringify([form, single ? name : '', lines.length])}\n${lines.join('\n')}`)
  }
  return `sha256:${hash.digest('hex')}`
}

/** A checksum is of one thing that is fetched. */
function checkChecksum({ checksum, sources }: CopyRequest, local: readonly string[]): void {
  if (checksum === undefined) return
  if (sources.length > 1) throw new SampanError("checksum can't be specified for multiple sources")
  if (local.length > 0) throw new SampanError("checksum can't be specified for non-HTTP(S) sources")
}
