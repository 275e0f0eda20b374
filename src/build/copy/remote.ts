/** ADD of a URL or of a git repository. */
import { chmodSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { SampanError } from '../../errors.ts'
import type { Directories } from '../../platform/host/directories.ts'
import { download, fileNameOf } from '../context/download.ts'
import { newFetchedFolder } from '../context/fetched.ts'
import { fetchGit } from '../context/git.ts'
import type { Fetching } from '../context/types.ts'
import { type GitAddress, isUrl, parseGit } from '../context/words.ts'
import { find } from './find.ts'
import type { Piece } from './items.ts'
import type { CopyRequest } from './types.ts'

/** Whether a source of this instruction is not in the tree. */
export function isRemote({ instruction }: CopyRequest, source: string): boolean {
  return instruction === 'ADD' && (isUrl(source) || parseGit(source) !== undefined)
}

export interface Fetched {
  readonly pieces: readonly Piece[]
  /** To be removed when they are written. */
  readonly folder: string
}

/** @throws SampanError when it cannot be fetched, or is not what `--checksum` says; nothing is left then */
export async function fetchSource(
  request: CopyRequest,
  source: string,
  directories: Directories,
  fetching: Fetching,
): Promise<Fetched> {
  const folder = newFetchedFolder(directories)
  try {
    const git = parseGit(source)
    const pieces =
      git === undefined
        ? await fetchUrl(request, source, folder, fetching)
        : await fetchFolder(request, git, folder, fetching)
    return { pieces, folder }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

async function fetchUrl(
  request: CopyRequest,
  url: string,
  folder: string,
  fetching: Fetching,
): Promise<readonly Piece[]> {
  const name = fileNameOf(url)
  const { destination, checksum } = request
  if (name === '' && destination.endsWith('/')) {
    throw new SampanError(`ADD ${url}: the URL has no name for a file`, {
      hint: `write the name after ${destination}`,
    })
  }
  if (checksum !== undefined && !/^sha256:[0-9a-f]{64}$/.test(checksum)) {
    throw new SampanError(`--checksum=${checksum}: for a URL it is sha256: and 64 hexadecimal digits`)
  }
  const path = join(folder, name || 'file')
  const { modified } = await download(url, path, fetching, checksum)
  chmodSync(path, 0o600)
  const time = new Date(modified ?? 0)
  utimesSync(path, time, time)
  return await piecesOf(folder, name || 'file', fetching)
}

async function fetchFolder(
  { keepGitDir, checksum, exclude }: CopyRequest,
  address: GitAddress,
  folder: string,
  fetching: Fetching,
): Promise<readonly Piece[]> {
  const wanted = { ...address, checksum: checksum ?? address.checksum }
  const fetched = await fetchGit(wanted, { into: join(folder, 'git'), keepGitDir, ...fetching })
  return await piecesOf(fetched.folder, '', fetching, exclude)
}

/** @param source '' for all that is in the folder */
async function piecesOf(
  root: string,
  source: string,
  { signal }: Fetching,
  exclude: readonly string[] = [],
): Promise<readonly Piece[]> {
  const tree = { kind: 'folder', path: root, ignore: [] } as const
  const word = source.replace(/[\\*?[]/g, '\\$&')
  const rules = { parents: false, exclude }
  const [found] = await find({ tree, sources: [word], rules, digests: undefined }, signal)
  return found?.pieces ?? []
}
