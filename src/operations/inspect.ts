/** `inspect`: finds objects of any kind by name or id, and describes them in Docker's JSON. */
import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'

export const objectTypes = ['container', 'image', 'network', 'volume', 'secret'] as const
export type ObjectType = (typeof objectTypes)[number]

export interface InspectOptions {
  /** Only objects of this kind. */
  readonly type: string | undefined
  /** Count the bytes of a container's files: takes as long as reading its folders. */
  readonly size: boolean
  /** Of an image: what it must be for. */
  readonly platform?: string | undefined
}

export interface Inspected {
  readonly objects: readonly object[]
  /** What was asked for and is not there, or cannot be read. */
  readonly errors: readonly unknown[]
}

/** Looks every name up; one that fails does not keep the others from being described. */
export async function inspect(
  names: readonly string[],
  options: InspectOptions,
  context: Context,
): Promise<Inspected> {
  const types = options.type === undefined ? objectTypes : [objectType(options.type)]
  const objects: object[] = []
  const errors: unknown[] = []
  for (const name of names) {
    try {
      objects.push(await find(name, types, options, context))
    } catch (error) {
      errors.push(error)
    }
  }
  return { objects, errors }
}

function objectType(word: string): ObjectType {
  const known = objectTypes.find((type) => type === word)
  if (known !== undefined) return known
  throw usage(`unknown object type "${word}"`, `Choose ${objectTypes.join(', ')}`)
}

/** The first kind that has an object of this name, in this order. */
async function find(
  name: string,
  types: readonly ObjectType[],
  options: InspectOptions,
  context: Context,
): Promise<object> {
  for (const type of types) {
    try {
      return await inspectors[type](name, options, context)
    } catch (error) {
      if (types.length === 1 || !isMissing(error)) throw error
    }
  }
  throw new SampanError(`No such object: ${name}`, { kind: 'no-such-object' })
}

function isMissing(error: unknown): boolean {
  return error instanceof SampanError && error.kind?.startsWith('no-such-') === true
}

type Inspector = (name: string, options: InspectOptions, context: Context) => Promise<object>

/** Each kind's code is loaded when its kind is looked for. */
const inspectors: Readonly<Record<ObjectType, Inspector>> = {
  async container(name, { size }, context) {
    const { inspectContainer } = await import('./inspect-container.ts')
    return inspectContainer(name, { size }, context)
  },
  async image(name, { platform }, { directories }) {
    const { ImageStore } = await import('../images/store.ts')
    const { inspectImage } = await import('./inspect-image.ts')
    const store = new ImageStore(directories)
    const image = store.find(name)
    if (platform !== undefined) {
      const { checkPlatform } = await import('./image-platform.ts')
      checkPlatform(image, [platform])
    }
    return inspectImage(store, image)
  },
  async network(name, _, context) {
    const { inspectNetwork } = await import('./networks.ts')
    return inspectNetwork(name, context)
  },
  async secret(name, _, context) {
    const { inspectSecret } = await import('./secrets.ts')
    return inspectSecret(name, false, context)
  },
  async volume(name, _, { directories }) {
    const { VolumeStore } = await import('../volumes/store.ts')
    const store = new VolumeStore(directories)
    const volume = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) ? store.read(name) : undefined
    if (volume === undefined) throw new SampanError(`No such volume: ${name}`, { kind: 'no-such-object' })
    return {
      CreatedAt: volume.created,
      Driver: 'local',
      Labels: Object.keys(volume.labels).length === 0 ? null : volume.labels,
      Mountpoint: store.mountpointOf(name),
      Name: name,
      Options: volume.options ?? null,
      Scope: 'local',
      Anonymous: volume.anonymous,
    }
  },
}
