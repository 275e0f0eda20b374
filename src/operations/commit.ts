/** `commit`: a container's changes become a layer, and its settings those of a new image. */

import { writeFileSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { type Container, ContainerStore, noSuchContainer } from '../containers/store.ts'
import { imageHealthCheck } from '../containers/values/policies.ts'
import { SIGTERM, signalName } from '../containers/values/signal.ts'
import { SampanError } from '../errors.ts'
import { type CommitRequest, commitLayer } from '../images/commit.ts'
import { restoreLayers } from '../images/restore.ts'
import { type Image, ImageStore } from '../images/store.ts'
import { portKey } from '../networks/ports.ts'
import type { ContainerDefaults } from '../oci/image-config.ts'
import { defined } from '../oci/json.ts'
import { parseReference, withDefaultTag } from '../oci/reference.ts'
import { startWriter, type Writer } from '../platform/helper/inside.ts'
import { changedConfig } from './changed-config.ts'
import { imageFolders, lowerFolders, writableFolder } from './container-files.ts'
import { pausedWhile } from './paused-while.ts'

export interface CommitInput {
  readonly operands: readonly string[]
  readonly options: {
    readonly author: string
    readonly format: 'oci' | 'docker'
    readonly change: readonly string[]
    readonly message: string
    readonly iidfile: string | undefined
    readonly squash: boolean
    /** Undefined: as the dialect has it. */
    readonly pause: boolean | undefined
    readonly 'no-pause': boolean
  }
}

/** Prints the id of the new image. */
export async function commit({ operands, options }: CommitInput, context: Context): Promise<number> {
  const [which = '', name] = operands
  const { directories } = context
  const container = new ContainerStore(directories).find(which)
  const { record } = container
  const store = new ImageStore(directories)
  // Everything that can be wrong with the words is found before the first file is read.
  const request: CommitRequest = {
    base: options.squash ? undefined : baseOf(container, store),
    platform: record.image.platform,
    config: changedConfig(settingsOf(record), options.change),
    author: options.author,
    comment: options.message,
    createdBy: [...(record.process.entrypoint ?? []), ...(record.process.command ?? [])].join(' '),
    name: name === undefined ? undefined : nameOf(name),
    format: options.format,
  }
  const work = () =>
    commitOrStop(store, pack(container, options.squash, context), request, () => {
      if (!container.exists()) throw noSuchContainer(which)
    })
  // Docker holds the container still unless told not to, podman only when told to.
  const pause = !options['no-pause'] && (options.pause ?? context.dialect !== 'podman')
  const image = pause ? await pausedWhile(container, options.pause === true, context, work) : await work()
  containerEvent(container, 'commit', { comment: options.message, imageID: image.id, imageRef: name ?? '' })
  if (options.iidfile !== undefined) writeFileSync(options.iidfile, image.id)
  context.out.write(`${image.id}\n`)
  return 0
}

function nameOf(text: string) {
  const name = parseReference(text)
  if (name.digest === undefined) return withDefaultTag(name)
  throw new SampanError('cannot commit to digest reference', { hint: 'give a name and a tag' })
}

/** The image the container was made from, by its id: the name may be another image's by now. */
function baseOf({ record }: Container, store: ImageStore): Image {
  const image = store.lookUp(record.image.id)
  if (image !== undefined) return image
  throw new SampanError(
    `the image of container ${record.name} was removed: there is nothing to add a layer to`,
    {
      hint: `make an image of all its files instead: sampan commit --squash ${record.name}`,
      kind: 'no-such-image',
    },
  )
}

function pack(container: Container, squash: boolean, { directories }: Context): Writer {
  const { data } = directories
  const upper = writableFolder(container)
  if (squash)
    return startWriter(
      directories,
      'pack-union',
      ['--image', upper, ...lowerFolders(container, data)],
      'pipe',
    )
  if (container.record.storage.driver !== 'vfs')
    return startWriter(directories, 'pack-layer', [upper], 'pipe')
  return startWriter(directories, 'pack-difference', [upper, '--', ...imageFolders(container, data)], 'pipe')
}

async function commitOrStop(
  store: ImageStore,
  writer: Writer,
  request: CommitRequest,
  check: () => void,
): Promise<Image> {
  try {
    if (request.base !== undefined) await restoreLayers(store, request.base)
    return await commitLayer(store, whole(writer, check), request)
  } finally {
    writer.kill()
  }
}

/** The job's bytes; an error at their end when it failed, or the container went, so that half a layer is no layer. */
async function* whole(writer: Writer, check: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* writer.chunks
    await writer.done
  } finally {
    // That it went is the reason for whatever failed, too.
    check()
  }
}

/** What a container of the new image would run, if nobody said otherwise: what this one was told to. */
function settingsOf({ process, network, mounts, labels, health, stop }: ContainerRecord): ContainerDefaults {
  const volumes = mounts.flatMap((mount) =>
    mount.type === 'volume' && mount.anonymous ? [mount.destination] : [],
  )
  const ports = network.exposed.map(({ port, protocol }) => portKey(port, protocol))
  const present = <T>(list: readonly T[] | null) => (list === null || list.length === 0 ? undefined : list)
  return defined({
    User: process.user || undefined,
    ExposedPorts: ports.length === 0 ? undefined : setOf(ports),
    Env: present(process.environment),
    Entrypoint: present(process.entrypoint),
    Cmd: present(process.command),
    Volumes: volumes.length === 0 ? undefined : setOf(volumes),
    WorkingDir: process.directory === '/' ? undefined : process.directory,
    Labels: Object.keys(labels).length === 0 ? undefined : labels,
    StopSignal: stop.signal === SIGTERM ? undefined : signalName(stop.signal),
    Healthcheck: health === null ? undefined : imageHealthCheck(health),
  }) as ContainerDefaults
}

function setOf(keys: readonly string[]): Record<string, object> {
  return Object.fromEntries(keys.map((key) => [key, {}]))
}
