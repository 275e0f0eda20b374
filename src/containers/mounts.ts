/** From mounts as asked for to mounts that can be made: volumes named, missing host folders made, conflicts refused. */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { errnoOf, SampanError, usage } from '../errors.ts'
import {
  type MountRecord,
  type MountRequest,
  type TmpfsMount,
  type VolumeMount,
  volumeRequest,
} from '../volumes/mounts.ts'
import { volumeKind } from '../volumes/options.ts'
import { newVolumeName, type VolumeStore } from '../volumes/store.ts'
import type { CreateRequest } from './request.ts'
import type { ContainerStore } from './store.ts'

/**
 * All mounts of a container, shorter destinations first. What is asked for here wins over `--volumes-from`, both win
 * over the image's VOLUMEs. Makes volumes and host folders that do not exist: the caller removes `made` when the
 * container does not come into being. Throws usage for two mounts at one place.
 */
export function resolveMounts(
  request: Pick<CreateRequest, 'mounts' | 'volumesFrom' | 'imageVolumes' | 'spareFolders'>,
  imageVolumes: readonly string[],
  containers: ContainerStore,
  volumes: VolumeStore,
): { readonly mounts: readonly MountRecord[]; readonly made: readonly string[] } {
  const asked = new Map<string, MountRequest>()
  for (const mount of request.mounts) {
    if (asked.has(mount.destination)) throw usage(`Duplicate mount point: ${mount.destination}`)
    asked.set(mount.destination, mount)
  }
  const all = new Map<string, MountRequest | MountRecord>()
  for (const mount of request.spareFolders) all.set(mount.destination, mount)
  for (const path of request.imageVolumes === 'ignore' ? [] : imageVolumes) {
    all.set(
      path,
      request.imageVolumes === 'tmpfs' ? imageTmpfs(path) : volumeRequest(path, { from: 'image' }),
    )
  }
  for (const mount of request.volumesFrom.flatMap((given) => mountsFrom(given, containers)))
    all.set(mount.destination, mount)
  for (const mount of asked.values()) all.set(mount.destination, mount)

  const made: string[] = []
  const mounts = [...all.values()]
    .map((mount) => realise(mount, volumes, made))
    .sort((a, b) => depth(a.destination) - depth(b.destination))
  return { mounts, made }
}

/** The same for a second container: anonymous volumes of its own, all others shared. */
export function copyMounts(
  mounts: readonly MountRecord[],
  volumes: VolumeStore,
): { readonly mounts: readonly MountRecord[]; readonly made: readonly string[] } {
  const made: string[] = []
  const copies = mounts.map((mount) => {
    if (mount.type !== 'volume' || !mount.anonymous) return mount
    const name = newVolumeName()
    volumes.ensure(name, { anonymous: true })
    made.push(name)
    return { ...mount, name }
  })
  return { mounts: copies, made }
}

function depth(path: string): number {
  return path.split('/').length
}

function imageTmpfs(destination: string): TmpfsMount {
  return {
    type: 'tmpfs',
    destination,
    readOnly: false,
    size: 0,
    mode: 0o1777,
    options: ['nosuid', 'nodev'],
    from: 'tmpfs',
  }
}

/** `CONTAINER[:ro|rw|z]`: its folders and volumes, also when it has exited. */
function mountsFrom(given: string, containers: ContainerStore): MountRecord[] {
  const colon = given.indexOf(':')
  const mode = colon < 0 ? '' : given.slice(colon + 1)
  for (const word of mode.split(',')) {
    if (!['', 'ro', 'rw', 'z', 'Z'].includes(word))
      throw usage(`invalid mode for volumes-from: ${mode}`, 'ro or rw')
  }
  const readOnly = mode.split(',').includes('ro')
  return containers
    .find(colon < 0 ? given : given.slice(0, colon))
    .record.mounts.filter((mount) => mount.type !== 'tmpfs')
    .map((mount) => ({ ...mount, readOnly: mount.readOnly || readOnly }))
}

function realise(mount: MountRequest | MountRecord, volumes: VolumeStore, made: string[]): MountRecord {
  if (mount.type === 'tmpfs') return mount
  if (mount.type === 'image') {
    if ('id' in mount) return mount
    throw new Error(`image ${mount.source} was not looked up`)
  }
  if (mount.type === 'volume') return realVolume(mount, volumes, made)
  const { create, ...bind } = { create: false, ...mount }
  if (!existsSync(bind.source)) {
    if (bind.from === 'mount' && !create) {
      throw new SampanError(
        `invalid mount config for type "bind": bind source path does not exist: ${bind.source}`,
        {
          exitCode: 125,
          hint: '-v makes a missing folder, --mount only with bind-create-src',
        },
      )
    }
    makeFolder(bind.source)
  }
  if (bind.overlay === true && !statSync(bind.source).isDirectory()) {
    throw usage(`${bind.source}: volume mode O is for folders, and this is a file`)
  }
  return bind
}

function realVolume(
  mount: Extract<MountRequest, { readonly type: 'volume' }> & { readonly anonymous?: boolean },
  volumes: VolumeStore,
  made: string[],
): VolumeMount {
  const { details, ...asked } = mount
  // One of --volumes-from is there already, and stays as anonymous as it was; its own container removes it.
  if (mount.anonymous !== undefined && mount.name !== undefined)
    return { ...asked, name: mount.name, anonymous: false }
  const anonymous = mount.name === undefined
  const name = mount.name ?? newVolumeName()
  if (volumes.ensure(name, { anonymous, ...details }).isNew && anonymous) made.push(name)
  return withOptions({ ...asked, name, anonymous }, volumes)
}

/** What the volume was made with (`-o`) holds for everybody who mounts it. */
function withOptions(mount: VolumeMount, volumes: VolumeStore): VolumeMount {
  const options = volumes.read(mount.name)?.options
  if (options === undefined) return mount
  const { memory, readOnly, noCopy, flags, uid, gid } = volumeKind(options)
  if (memory !== undefined && mount.subpath !== '')
    throw usage(`volume ${mount.name} is memory, and has no part to mount`, 'leave volume-subpath out')
  const kept = noCopy || uid !== undefined || gid !== undefined
  return {
    ...mount,
    readOnly: mount.readOnly || readOnly,
    noCopy: mount.noCopy || kept,
    ...(memory === undefined ? {} : { memory }),
    ...(flags.length === 0 ? {} : { flags: [...flags, ...(mount.flags ?? [])] }),
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    const code = errnoOf(error)
    const why =
      code === 'EACCES'
        ? 'permission denied'
        : code === 'EEXIST'
          ? 'it is a symbolic link to nothing'
          : (error as Error).message.replace(/^[A-Z]+: |, mkdir .*/g, '')
    throw new SampanError(`error while creating mount source path '${path}': mkdir ${path}: ${why}`, {
      exitCode: 125,
      hint: 'the folder does not exist and you may not make it there',
      cause: error,
    })
  }
}
