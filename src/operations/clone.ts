/** `container clone`: a second container that was asked for the same. Its files begin as the image's. */
import type { Context } from '../cli/context.ts'
import { containerEvent } from '../containers/events.ts'
import { fillContainer } from '../containers/fill.ts'
import { copyMounts } from '../containers/mounts.ts'
import { newId, parseName } from '../containers/names.ts'
import { imageOf, now } from '../containers/plan.ts'
import type { ContainerRecord, Limits } from '../containers/record.ts'
import { isLive } from '../containers/state.ts'
import { type Container, ContainerStore } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { ImageStore } from '../images/store.ts'
import { VolumeStore } from '../volumes/store.ts'
import { surroundings } from './create.ts'
import { ensureImage } from './ensure-image.ts'
import { removeContainer } from './remove.ts'
import { startDetached } from './start.ts'

export interface CloneRequest {
  /** undefined: the name of the first with `-clone`, and a number where that is taken. */
  readonly name: string | undefined
  /** undefined: the first one's. What the old image said of the program and was not asked for stays. */
  readonly image: string | undefined
  /** From the first one's limits to its own; undefined: the same. */
  readonly limits: ((now: Limits) => Limits) | undefined
  /** Remove the first when the second is made. */
  readonly destroy: boolean
  /** Also while it runs. */
  readonly force: boolean
  readonly run: boolean
}

/** Throws conflict for a name in use, and for a running container that is to be destroyed without force. */
export async function cloneContainer(
  source: Container,
  request: CloneRequest,
  context: Context,
): Promise<Container> {
  const { directories } = context
  const { destroy, force, run } = request
  if (destroy && !force && isLive(source.state())) {
    throw new SampanError(`cannot destroy container ${source.name}: it is running`, {
      kind: 'conflict',
      hint: 'stop it first, or use --force',
    })
  }
  const name = request.name === undefined ? freeName(source, context) : parseName(request.name)
  const images = new ImageStore(directories)
  const image =
    request.image === undefined
      ? images.find(source.record.image.id)
      : await ensureImage(request.image, { policy: 'missing', platform: undefined, quiet: false }, context)
  using _held = images.hold(image)
  const volumes = new VolumeStore(directories)
  using _volumes = volumes.hold()
  const { mounts, made } = copyMounts(source.record.mounts, volumes)
  const around = surroundings(context)
  const copy = copyOf(source.record)
  const record = {
    ...copy,
    ...{ name, mounts },
    image: request.image === undefined ? copy.image : imageOf(request.image, image),
    limits: request.limits?.(copy.limits) ?? copy.limits,
  }
  let clone: Container
  try {
    clone = around.containers.create(record, (folder) => fillContainer(folder, record, image, around))
  } catch (error) {
    volumes.removeNew(made)
    throw error
  }
  containerEvent(clone, 'create')
  if (destroy) removeContainer(source, { force, volumes: false, timeout: undefined }, context)
  if (run) startDetached(clone, context, 'new')
  return clone
}

/** What only one of two containers can have is left out: addresses, and files that hold an id or a pid. */
function copyOf(record: ContainerRecord): ContainerRecord {
  const id = newId()
  const { network, hostname } = record
  return {
    ...record,
    id,
    created: now(),
    hostname: hostname === record.id.slice(0, 12) ? id.slice(0, 12) : hostname,
    network: {
      ...network,
      networks: network.networks.map((one) => ({ ...one, ip: null, ip6: null, mac: null })),
    },
    cidFile: '',
    pidFile: '',
  }
}

function freeName({ name }: Container, { directories }: Context): string {
  const store = new ContainerStore(directories)
  for (let number = 0; ; number += 1) {
    const candidate = `${name}-clone${number === 0 ? '' : number}`
    if (store.holderOf(candidate) === undefined) return candidate
  }
}
