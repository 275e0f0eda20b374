/**
 * The container of one RUN: planned, bundled and started as those of `run`, in a store of the builder's own
 * (DATA/build), where no list shows it and no other command removes it.
 */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Surroundings } from '../../containers/bundle/sampan.ts'
import type { StorageDriver } from '../../containers/driver.ts'
import { fillContainer } from '../../containers/fill.ts'
import { newId } from '../../containers/names.ts'
import { planContainer } from '../../containers/plan.ts'
import type { ContainerRecord } from '../../containers/record.ts'
import type { CreateRequest } from '../../containers/request.ts'
import { releaseName } from '../../containers/reservation.ts'
import { killAndWait } from '../../containers/signals.ts'
import { type Container, ContainerStore } from '../../containers/store.ts'
import { isFolderInUnion } from '../../containers/union.ts'
import { SampanError } from '../../errors.ts'
import type { Image } from '../../images/store.ts'
import { fillLayerFolder } from '../../images/unpack.ts'
import { startWithStreams } from '../../platform/helper/attached.ts'
import { removeInside, startWriter } from '../../platform/helper/inside.ts'
import type { Directories } from '../../platform/host/directories.ts'
import { scopeCommand } from '../../platform/host/scope.ts'
import { Lock } from '../../platform/libc/lock.ts'
import type { MountRecord } from '../../volumes/mounts.ts'

/** The containers of builds: DATA/build/containers and DATA/build/names. */
export function buildContainers(directories: Directories): ContainerStore {
  return new ContainerStore({ data: join(directories.data, 'build') })
}

/** Held by the builder as long as the container is its own: one without a holder was left by a crash. */
const ownerLock = 'builder.lock'

export interface StepPlace {
  /** `containers` is that of buildContainers. */
  readonly around: Surroundings
  readonly driver: StorageDriver
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** @param stubs paths, deepest first, that are made to mount on: they are not in the image */
export interface StepContainer extends Disposable {
  readonly container: Container
  readonly stubs: readonly string[]
  /** Removes the container, killing it if it still runs. */
  [Symbol.dispose](): void
}

export function createStepContainer(
  request: CreateRequest,
  image: Image,
  mounts: readonly MountRecord[],
  { around, driver }: StepPlace,
): StepContainer {
  const id = newId()
  const decided = {
    id,
    name: `build-${id}`,
    mounts,
    userNamespace: null,
    driver,
    joinedHostname: undefined,
    bindIp: '',
  }
  const record: ContainerRecord = { ...planContainer(request, image, decided), transient: true }
  const owned = new DisposableStack()
  const container = around.containers.create(record, (folder) => {
    owned.use(Lock.take(join(folder, ownerLock), 'exclusive'))
    fillContainer(folder, record, image, around)
  })
  owned.defer(() => removeStepContainer(container, around))
  return {
    container,
    stubs: stubsOf(image, mounts),
    [Symbol.dispose]: () => owned.dispose(),
  }
}

/** What every container has mounted, whether the image has a place for it or not. */
const mountPoints = [
  'dev',
  'etc/hostname',
  'etc/hosts',
  'etc/resolv.conf',
  'proc',
  'run/.containerenv',
  'sys',
]

/**
 * The folders on the way to a mount that the image does not have, deepest first. What a plain user may not look at counts
 * as not there; it is removed only where it is empty.
 */
function stubsOf(image: Image, mounts: readonly { readonly destination: string }[]): string[] {
  const union = image.layers.map(({ folder }) => folder).reverse()
  const stubs = new Set(['.dockerenv'])
  for (const point of [...mountPoints, ...mounts.map(({ destination }) => destination.slice(1))]) {
    const parts = point.split('/')
    for (let length = parts.length; length > 0; length--) {
      const path = parts.slice(0, length).join('/')
      if (isFolderInUnion(union, `/${path}`)) break
      stubs.add(path)
    }
  }
  return [...stubs].sort((a, b) => b.split('/').length - a.split('/').length)
}

export type OutputSink = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void

/**
 * Runs it to its end. When this returns, nothing is mounted any more and its writable folder is still.
 * @returns the exit code of its program
 * @throws SampanError with the helper's words when there was no program to run; what `signal` is aborted with
 */
export async function runStepContainer(
  { container }: StepContainer,
  { around, environment }: StepPlace,
  sink: OutputSink,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted()
  const limited = Object.values(container.record.limits).some((limit) => limit !== 0 && limit !== '')
  const launcher = limited ? scopeCommand(container.id, environment) : []
  const run = startWithStreams(around.directories, container.folder, launcher)
  let over = false
  // Again and again: what is about to start cannot be signalled yet.
  const stop = async () => {
    for (; !over; await setTimeout(50)) killAndWait(container)
  }
  signal.addEventListener('abort', stop)
  try {
    const errors = new LastWords()
    const [code] = await Promise.all([
      run.exited,
      carry(run.stdout, (chunk) => sink('stdout', chunk)),
      carry(run.stderr, (chunk) => {
        errors.add(chunk)
        sink('stderr', chunk)
      }),
    ])
    signal.throwIfAborted()
    // Held until the overlay is unmounted, a moment after the client hears of the end.
    const mounted = await Lock.wait(join(container.folder, 'rootfs.lock'), 'exclusive')
    mounted.release()
    if (container.state().status === 'created') throw errors.asError(code)
    return code
  } finally {
    over = true
    signal.removeEventListener('abort', stop)
  }
}

async function carry(chunks: AsyncIterable<Uint8Array>, take: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of chunks) take(chunk)
}

/** What the helper says to the person when it cannot start: `Error: …` and a hint. */
class LastWords {
  #text = ''

  add(chunk: Uint8Array): void {
    this.#text = (this.#text + Buffer.from(chunk).toString()).slice(-4096)
  }

  asError(code: number): SampanError {
    const [line = '', ...hint] = this.#text.trimEnd().split('\n')
    return new SampanError(line.replace(/^Error: /, '') || 'the step could not be started', {
      exitCode: code,
      ...(hint.length === 0 ? {} : { hint: hint.join('\n') }),
    })
  }
}

/**
 * What the step wrote becomes `folder`/fs, once: the upper folder itself, or with plain copies (vfs) what differs from the
 * layers, the top one first.
 */
export async function takeUpper(
  { container }: StepContainer,
  folder: string,
  lowers: readonly string[],
  directories: Directories,
): Promise<void> {
  if (container.record.storage.driver !== 'vfs') {
    renameSync(join(container.folder, 'upper'), join(folder, 'fs'))
    return
  }
  const whole = join(container.folder, 'merged')
  const writer = startWriter(directories, 'pack-difference', [whole, '--', ...lowers], 'pipe')
  try {
    await fillLayerFolder(directories, folder, writer.chunks)
    await writer.done
  } finally {
    writer.kill()
  }
}

function removeStepContainer(container: Container, { directories, containers }: Surroundings): void {
  const { id, folder } = container
  try {
    killAndWait(container)
  } catch {
    // Its folder has gone, or its state is damaged: there is nothing left to signal.
  }
  const gone = `${folder}.rm-${process.pid}`
  if (existsSync(folder)) renameSync(folder, gone)
  releaseName(containers.namePath(`build-${id}`), id)
  rmSync(join(directories.runtime, 'c', id), { recursive: true, force: true })
  removeInside(directories, [gone])
}

/** Removes the containers of builders that were killed. */
export function sweepStepContainers(around: Surroundings): void {
  const { containers } = around
  for (const container of containers.list()) {
    const owner = tryOwn(container)
    if (owner === undefined) continue
    removeStepContainer(container, around)
    owner.release()
  }
}

/** Whether nobody works with it any more. */
export function isAbandonedStep(container: Container): boolean {
  using owner = tryOwn(container)
  return owner !== undefined
}

function tryOwn({ folder }: Container): Lock | undefined {
  try {
    return Lock.tryTake(join(folder, ownerLock), 'exclusive')
  } catch {
    // Removed by its own builder just now.
    return undefined
  }
}
