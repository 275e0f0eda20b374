/** Where a build reads from: its Dockerfile, and the files of its contexts. */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { SourceSecrets } from '../../build/context/authorization.ts'
import { readIgnored } from '../../build/context/ignore.ts'
import { type ContextOptions, openContext } from '../../build/context/open.ts'
import type { BuildContext } from '../../build/context/types.ts'
import type { FolderTree } from '../../build/copy/types.ts'
import type { Context, Dialect } from '../../cli/context.ts'
import { errnoOf, SampanError, usage } from '../../errors.ts'
import { preprocess } from './preprocess.ts'

export interface SourcesRequest {
  /** What was given as the context. */
  readonly context: string
  /** `-f`. */
  readonly file: string | undefined
  /** `--ignorefile`. */
  readonly ignoreFile: string | undefined
  readonly buildArgs: ReadonlyMap<string, string>
  /** BUILDKIT_CONTEXT_KEEP_GIT_DIR. */
  readonly keepGitDir: boolean
  /** Words for `cpp`. */
  readonly cppFlags: readonly string[]
  readonly secrets: SourceSecrets
  /** The socket of `--ssh default`. */
  readonly sshAgent?: string | undefined
}

/** The Dockerfile and the context, for as long as the build runs. */
export class Sources implements Disposable {
  /** The Dockerfile. */
  readonly text: string
  /** As the person knows it. */
  readonly path: string
  readonly tree: FolderTree
  /** Where git fetched the context from. */
  readonly source: BuildContext['source']
  readonly #options: ContextOptions
  readonly #open: DisposableStack
  readonly #named = new Map<string, Promise<FolderTree>>()

  private constructor(
    { text, path }: Dockerfile,
    { tree, source }: Pick<Sources, 'tree' | 'source'>,
    options: ContextOptions,
    open: DisposableStack,
  ) {
    this.text = text
    this.path = path
    this.tree = tree
    this.source = source
    this.#options = options
    this.#open = open
  }

  static async open(request: SourcesRequest, context: Context): Promise<Sources> {
    if (request.context === '-' && request.file === '-')
      throw usage("invalid argument: can't use stdin for both build context and dockerfile")
    using open = new DisposableStack()
    const options: ContextOptions = {
      directories: context.directories,
      folder: process.cwd(),
      keepGitDir: request.keepGitDir,
      secrets: request.secrets,
      sshAgent: request.sshAgent,
    }
    const opened = open.use(await openContext(request.context, options))
    const dockerfile = findDockerfile(opened, request, context.dialect)
    const { patterns } = readIgnored(opened.root, dockerfile.file, request.ignoreFile)
    const tree: FolderTree = { kind: 'folder', path: opened.root, ignore: patterns }
    return new Sources(dockerfile, { tree, source: opened.source }, options, open.move())
  }

  /** The files of a named context; fetched once a build. */
  files(words: string): Promise<FolderTree> {
    const known = this.#named.get(words)
    if (known !== undefined) return known
    const tree = this.#fetch(words)
    this.#named.set(words, tree)
    return tree
  }

  async #fetch(words: string): Promise<FolderTree> {
    const opened = this.#open.use(await openContext(words, this.#options))
    const { patterns } = readIgnored(opened.root, undefined)
    return { kind: 'folder', path: opened.root, ignore: patterns }
  }

  [Symbol.dispose](): void {
    this.#open.dispose()
  }
}

interface Dockerfile {
  readonly text: string
  readonly path: string
  /** Undefined: it came from standard input. */
  readonly file: string | undefined
}

function findDockerfile(
  opened: BuildContext,
  { file: asked, cppFlags }: Pick<SourcesRequest, 'file' | 'cppFlags'>,
  dialect: Dialect,
): Dockerfile {
  if (asked === '-') return { text: readFileSync(0, 'utf8'), path: '-', file: undefined }
  if (asked !== undefined) return readDockerfile(candidatesOf(asked, opened), asked, cppFlags)
  if (opened.dockerfile !== undefined) return { ...opened.dockerfile, file: undefined }
  const names = ['Dockerfile', 'dockerfile', 'Containerfile']
  const ordered = dialect === 'podman' ? ['Containerfile', 'Dockerfile', 'dockerfile'] : names
  return readDockerfile(
    ordered.flatMap((name) => (opened.fetched ? candidatesOf(name, opened) : [join(opened.root, name)])),
    'Dockerfile',
    cppFlags,
  )
}

/** In a context that was fetched, a path in it; else from the current folder, and then from the context. */
function candidatesOf(asked: string, { fetched, root }: BuildContext): string[] {
  if (!fetched) return [resolve(asked), resolve(root, asked)]
  const path = realpathOf(join(root, asked))
  // Whoever made it must not have us read a file of this machine.
  if (path === undefined || path.startsWith(`${root}/`)) return path === undefined ? [] : [path]
  throw new SampanError(`${asked} leads out of the context`)
}

function realpathOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

function readDockerfile(
  candidates: readonly string[],
  asked: string,
  cppFlags: readonly string[],
): Dockerfile {
  for (const file of candidates) {
    try {
      if (statSync(file).isDirectory()) continue
      const text = readFileSync(file, 'utf8')
      return {
        text: file.endsWith('.in') ? preprocess(file, text, cppFlags) : text,
        path: nearPath(file),
        file,
      }
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error
    }
  }
  throw new SampanError(`failed to read dockerfile: open ${asked}: no such file or directory`, {
    hint: 'name it by -f, or build the folder that has it',
  })
}

/** From the current folder, unless that leads up and down again. */
function nearPath(file: string): string {
  const near = relative('', file)
  return near.startsWith('..') ? file : near
}
