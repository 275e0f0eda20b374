/**
 * `cp`: between the host, containers and archives. A job packs the one side and a job unpacks on the other, each with
 * the container's root as its own: a running container's as its programs see it, a stopped one's mounted for the job.
 */
import { closeSync, openSync, rmSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../cli/context.ts'
import { checkSameRuntime } from '../containers/same-runtime.ts'
import { isRunning } from '../containers/state.ts'
import { type Container, ContainerStore, lockContainer, noSuchContainer } from '../containers/store.ts'
import { SampanError, usage } from '../errors.ts'
import type { CopyIn } from '../jobs/copy-in.ts'
import type { CopyOut } from '../jobs/copy-out.ts'
import type { Root } from '../platform/files/enter-root.ts'
import { startJob, startWriter } from '../platform/helper/inside.ts'
import type { Lock } from '../platform/libc/lock.ts'

export interface CopyOptions {
  readonly archive: boolean
  readonly 'follow-link': boolean
  readonly overwrite: boolean
}

interface Place {
  /** undefined: the host. */
  readonly container: Container | undefined
  /** Absolute; `-` for an archive. */
  readonly path: string
  readonly given: string
}

/** Bytes of the files copied; undefined when an archive went to standard output. */
export async function copy(
  from: string,
  to: string,
  options: CopyOptions,
  context: Context,
): Promise<number | undefined> {
  const store = new ContainerStore(context.directories)
  const [source, target] = [placeOf(from, store), placeOf(to, store)]
  if (source.container === undefined && target.container === undefined) {
    throw new SampanError('must specify at least one container source', {
      hint: 'write CONTAINER:PATH for a path in a container',
    })
  }
  const ran = [source, target].map((place) => ({ place, run: runOf(place) }))
  try {
    return await between(source, target, from, options, context)
  } catch (error) {
    // That a container went or stopped is the reason for whatever failed.
    for (const place of [source, target]) still(place, undefined)
    const stopped = ran.find(({ place, run }) => run !== undefined && runOf(place) !== run)
    if (stopped?.place.container === undefined) throw error
    throw new SampanError(`container ${stopped.place.container.name} stopped while files were copied`, {
      hint: 'give the command again: files of a container that does not run are copied too',
      cause: error,
    })
  }
}

/** Which run of it is going on, if one is: it may have been started again meanwhile. */
function runOf({ container }: Place): string | undefined {
  const state = container?.state()
  return state !== undefined && isRunning(state) ? `${state.pid} ${state.startTicks}` : undefined
}

async function between(
  source: Place,
  target: Place,
  from: string,
  options: CopyOptions,
  context: Context,
): Promise<number | undefined> {
  using _held = hold([source, target])
  const [out, into] = [rootOf(source, context), rootOf(target, context)]
  const contents = /(^|\/)\.$/.test(from) && from !== '.'
  const archive = target.path === '-'
  const packing: CopyOut = {
    root: out.root,
    path: source.path,
    name: archive ? nameOf(source.path) || '.' : 'SOURCE',
    follow: options['follow-link'],
    holes: !archive,
    missing: missing(source),
  }
  const unpacking: CopyIn = {
    root: into.root,
    path: target.path,
    name: source.path === '-' ? undefined : nameOf(source.path),
    contents: contents || nameOf(source.path) === '',
    owners: options.archive || source.path === '-',
    overwrite: options.overwrite,
    missing: missing(target),
  }
  const { directories } = context
  const pack = (fd: 'pipe' | number) =>
    startWriter(directories, 'copy-out', [JSON.stringify(packing)], fd, out)
  const unpack = (stdin: 'pipe' | number) =>
    startJob(directories, 'copy-in', [JSON.stringify(unpacking)], { stdin, ...into })
  if (archive) {
    await pack(1).done
    return still(source, undefined)
  }
  if (source.path === '-') return still(target, sizeIn(await unpack(0).output))
  // Only one job at a time may have a container mounted.
  const within = out.bundle !== undefined && out.bundle === into.bundle
  const size = within ? await spool(pack, unpack, directories) : await carry(pack('pipe'), unpack('pipe'))
  return still(source, still(target, size))
}

/** All that the one job writes, then the other. The file between them has no name: it goes with this process. */
async function spool(
  pack: (fd: number) => ReturnType<typeof startWriter>,
  unpack: (stdin: number) => ReturnType<typeof startJob>,
  { data }: Context['directories'],
): Promise<number> {
  const path = join(data, `cp.tmp-${process.pid}`)
  const write = openSync(path, 'w', 0o600)
  const read = openSync(path, 'r')
  rmSync(path)
  try {
    await pack(write).done
    return sizeIn(await unpack(read).output)
  } finally {
    closeSync(write)
    closeSync(read)
  }
}

/** What one job writes to the other. Of two failures the one that caused the other is thrown. */
async function carry(
  writer: ReturnType<typeof startWriter>,
  job: ReturnType<typeof startJob>,
): Promise<number> {
  const unpacked = job.output.then(
    (output) => ({ size: sizeIn(output), error: undefined }),
    (error: unknown) => {
      writer.kill()
      return { size: 0, error }
    },
  )
  try {
    for await (const chunk of writer.chunks) {
      await job.stdin.write(chunk)
      await job.stdin.flush()
    }
    await writer.done
    await job.stdin.end()
  } catch (error) {
    // The end of the archive is missing: the other side fails too, unless it was the first to.
    const early = await Promise.race([unpacked, pause(50)])
    if (early?.error !== undefined) throw early.error
    job.kill()
    await unpacked
    throw error
  }
  const { size, error } = await unpacked
  if (error !== undefined) throw error
  return size
}

function sizeIn(output: string): number {
  return (JSON.parse(output) as { readonly size: number }).size
}

/** Removed meanwhile: what was copied was not all there was, or is gone already. */
function still<T>({ container, given }: Place, result: T): T {
  if (container !== undefined && !container.exists())
    throw noSuchContainer(given.slice(0, given.indexOf(':')))
  return result
}

/** `-`, a path with a slash or a dot before its first colon, one without a colon: the host. */
function placeOf(given: string, store: ContainerStore): Place {
  if (given === '-') return { container: undefined, path: '-', given }
  const colon = given.indexOf(':')
  if (colon <= 0 || given.startsWith('/') || given.startsWith('.')) {
    if (given === '') throw usage('a path must not be empty')
    return { container: undefined, path: withSlash(resolve(given), given), given }
  }
  const path = given.slice(colon + 1)
  if (path === '') throw usage(`${given}: a path must not be empty`, `everything is ${given}/`)
  const container = store.find(given.slice(0, colon))
  return { container, path: withSlash(posix.resolve('/', path), path), given }
}

/** The slash at the end says that it is a folder, and `/.` does, too. */
function withSlash(path: string, given: string): string {
  return /\/\.?$/.test(given) && path !== '/' ? `${path}/` : path
}

function nameOf(path: string): string {
  return posix.basename(path)
}

function missing({ container, path, given }: Place): string {
  return container === undefined
    ? `lstat ${given}: no such file or directory`
    : `Could not find the file ${path} in container ${container.name}`
}

/** Nobody starts or removes a container while a job has it mounted. */
function hold(places: readonly Place[]): Disposable {
  const locks: Lock[] = []
  const ids = new Set<string>()
  for (const { container } of places) {
    if (container === undefined || ids.has(container.id) || isRunning(container.state())) continue
    ids.add(container.id)
    locks.push(lockContainer(container))
  }
  return {
    [Symbol.dispose]() {
      for (const lock of locks) lock.release()
    },
  }
}

interface Where {
  readonly root: Root
  readonly bundle?: string
  readonly user?: string
}

function rootOf({ container }: Place, { directories }: Context): Where {
  if (container === undefined) return { root: { path: '/' } }
  checkSameRuntime(container, directories)
  const state = container.state()
  // The job's own folder: the path to it may be closed to the container's root.
  if (!isRunning(state)) return { root: { path: '.' }, bundle: container.folder }
  const { pid, startTicks } = state
  const root = { path: `/proc/${pid}/root`, process: { pid, startTicks } }
  return container.record.namespaces.user === null ? { root } : { root, user: container.folder }
}
