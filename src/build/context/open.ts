/** The context of a build, wherever it is: a folder, an archive or Dockerfile on standard input or at a URL, git. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { defined } from '../../oci/json.ts'
import { byteName } from '../../platform/files/byte-names.ts'
import { writeAll } from '../../platform/files/write-all.ts'
import type { Directories } from '../../platform/host/directories.ts'
import { isArchive, unpackArchive } from '../copy/archive.ts'
import { Upper } from '../copy/upper.ts'
import { download, fileNameOf } from './download.ts'
import { newFetchedFolder } from './fetched.ts'
import { fetchGit } from './git.ts'
import type { BuildContext, Fetching } from './types.ts'
import { isUrl, parseGit } from './words.ts'

export interface ContextOptions extends Fetching {
  readonly directories: Directories
  /** What relative paths start from. */
  readonly folder: string
  /** `.git` stays in what git fetched (BUILDKIT_CONTEXT_KEEP_GIT_DIR). */
  readonly keepGitDir: boolean
}

/** More than any Dockerfile. */
const LARGEST_TEXT = 16 << 20

/**
 * @param words the last word of `build`
 * @throws SampanError for what is not there, cannot be fetched, or is neither an archive nor a Dockerfile
 */
export async function openContext(words: string, options: ContextOptions): Promise<BuildContext> {
  if (words === '')
    throw new SampanError('the context must not be empty', { hint: 'the current folder is .' })
  if (words === '-') return await fetched(options, (folder) => fromInput(folder))
  const git = parseGit(words)
  if (git !== undefined) {
    const { keepGitDir, signal, secrets, sshAgent } = options
    return await fetched(options, async (folder) => {
      const into = join(folder, 'git')
      const { folder: root, commit } = await fetchGit(git, {
        into,
        keepGitDir,
        signal,
        ...defined({ secrets, sshAgent }),
      })
      return { root, dockerfile: undefined, source: { uri: words, commit } }
    })
  }
  if (isUrl(words)) {
    return await fetched(options, async (folder) => {
      const path = join(folder, 'download')
      await download(words, path, options)
      return await fromFile(path, folder, fileNameOf(words) || words)
    })
  }
  const scheme = /^(docker-image|oci-layout|target):/.exec(words)?.[1]
  if (scheme !== undefined) {
    throw new SampanError(`a context cannot be a ${scheme}`, {
      hint: `give it a name: --build-context NAME=${words}, then COPY --from=NAME`,
    })
  }
  return await fromPath(words, options)
}

type Opened = Pick<BuildContext, 'root' | 'dockerfile' | 'source'>

async function fetched(
  { directories }: ContextOptions,
  fetch: (folder: string) => Promise<Opened>,
): Promise<BuildContext> {
  const folder = newFetchedFolder(directories)
  const dispose = () => rmSync(folder, { recursive: true, force: true })
  try {
    const opened = await fetch(folder)
    return { ...opened, root: realpathSync(opened.root), fetched: true, [Symbol.dispose]: dispose }
  } catch (error) {
    dispose()
    throw error
  }
}

async function fromPath(words: string, options: ContextOptions): Promise<BuildContext> {
  const path = resolve(options.folder, words)
  const stat = look(path)
  if (stat === undefined) {
    throw new SampanError(`unable to prepare context: path ${JSON.stringify(words)} not found`)
  }
  const nothing = { fetched: false, [Symbol.dispose]: () => undefined }
  if (stat.isDirectory()) return { root: realpathSync(path), dockerfile: undefined, ...nothing }
  if (stat.isFile() && (await isArchive(byteName(path)))) {
    return await fetched(options, (folder) => fromFile(path, folder, words))
  }
  // The Dockerfile itself: its folder is meant, as in the tutorials that say so.
  const dockerfile = { text: readText(path, words), path: words }
  return { root: realpathSync(dirname(path)), dockerfile, ...nothing }
}

/** Standard input is kept first: what it is, is found by its content. */
async function fromInput(folder: string): Promise<Opened> {
  const path = join(folder, 'input')
  const fd = openSync(path, 'wx', 0o600)
  const buffer = Buffer.allocUnsafeSlow(1 << 20)
  try {
    for (;;) {
      const count = readInput(buffer)
      if (count === 0) break
      writeAll(fd, buffer.subarray(0, count), path)
    }
  } finally {
    closeSync(fd)
  }
  return await fromFile(path, folder, '-')
}

/** @throws SampanError where standard input is a terminal that nobody types into */
function readInput(buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(0, buffer, 0, buffer.length, null)
    } catch (error) {
      if (errnoOf(error) === 'EOF') return 0
      if (errnoOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    }
  }
}

/** An archive becomes a folder, anything else is the text of a Dockerfile. */
async function fromFile(path: string, folder: string, name: string): Promise<Opened> {
  const root = join(folder, 'context')
  mkdirSync(root, { mode: 0o700 })
  if (!(await isArchive(byteName(path))))
    return { root, dockerfile: { text: readText(path, name), path: name } }
  const fd = openSync(path, 'r')
  try {
    const upper = new Upper(byteName(root), [], true)
    await unpackArchive(fd, upper, upper.root, { uid: 0, gid: 0 })
  } finally {
    closeSync(fd)
  }
  return { root, dockerfile: undefined }
}

function readText(path: string, name: string): string {
  if (statSync(path).size > LARGEST_TEXT) {
    throw new SampanError(`${basename(name)} is neither an archive nor a Dockerfile`)
  }
  const text = readFileSync(path, 'utf8')
  if (text.includes('\0')) throw new SampanError(`${basename(name)} is neither an archive nor a Dockerfile`)
  return text
}

function look(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
