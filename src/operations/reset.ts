/**
 * `system reset`: everything that is in the store goes. Reads no record it could stumble over and writes nothing it needs:
 * works with a full disk and with damaged metadata.
 */
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../cli/context.ts'
import { killAndWait } from '../containers/signals.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { errnoOf, SampanError } from '../errors.ts'
import { lockCatalog } from '../images/catalog.ts'
import { removeInside, walkInside } from '../platform/helper/inside.ts'
import { lockHolders } from '../platform/host/lock-holders.ts'
import { isLocked, waitUntilFree } from '../platform/libc/lock.ts'
import { Pidfd } from '../platform/libc/process.ts'
import { forgetBoot } from './boot.ts'

/** What docs/on-disk.md knows below DATA: nothing else is touched, whatever folder --root was. */
const own =
  /^(oci|layers|l|names|containers|volumes|networks|image-mounts|(boot|driver)\.json|events\.jsonl(\.1)?|images\.json|(events|images|networks|volumes)\.lock)(\.(damaged|tmp|rm)-.*)?$/

const [SIGKILL, patience] = [9, 10_000]

/** What there is, and what it weighs. */
export function surveyReset({ directories }: Context): {
  readonly paths: readonly string[]
  readonly bytes: number
} {
  const paths = ownPaths(directories.data)
  const folders = paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
  return { paths, bytes: walkInside(directories, folders).reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** Kills every container first. Throws where one cannot be killed: then nothing was removed. */
export function reset(context: Context): void {
  const { directories } = context
  const store = new ContainerStore(directories)
  for (const container of store.list()) end(container)
  forgetBoot(context)
  using _lock = lockIfPossible(directories.data)
  removeInside(directories, ownPaths(directories.data))
  for (const path of [join(directories.runtime, 'c'), join(directories.cache, 'seccomp')]) {
    rmSync(path, { recursive: true, force: true })
  }
  removeIfEmpty(directories.data)
}

function ownPaths(data: string): string[] {
  try {
    return readdirSync(data)
      .filter((name) => own.test(name))
      .map((name) => join(data, name))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Politely where its records can be read; else through the process that holds its lock. */
function end(container: Container): void {
  const lock = join(container.folder, 'monitor.lock')
  if (!isLocked(lock)) return
  try {
    if (killAndWait(container)) return
  } catch (error) {
    if (!(error instanceof SampanError) && errnoOf(error) === undefined) throw error
  }
  // The kernel kills the container with its monitor.
  for (const pid of lockHolders(lock)) {
    using monitor = Pidfd.open(pid)
    monitor?.signal(SIGKILL)
  }
  if (!waitUntilFree(lock, patience)) {
    throw new SampanError(`cannot end container ${container.id.slice(0, 12)}`, {
      hint: `find who holds ${lock}: lsof ${lock}`,
    })
  }
}

/** Without a byte free there may be no room even for a lock's file; and then nobody else can change anything either. */
function lockIfPossible(data: string): Disposable {
  if (!existsSync(data)) return { [Symbol.dispose]() {} }
  try {
    return lockCatalog(data)
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') throw error
    return { [Symbol.dispose]() {} }
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    // A mount point, or with something of the user's own in it.
    if (
      !['ENOTEMPTY', 'ENOENT', 'EBUSY', 'EACCES', 'EPERM', 'EROFS', 'EEXIST'].includes(errnoOf(error) ?? '')
    )
      throw error
  }
}
