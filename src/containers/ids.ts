/** The user namespace of a new container: what the pure rules of user-namespace.ts must know of this machine. */
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { SampanError, unsupported } from '../errors.ts'
import { currentMapping, sharedIds } from '../images/mapping.ts'
import type { Image } from '../images/store.ts'
import type { Directories } from '../platform/host/directories.ts'
import { Lock } from '../platform/libc/lock.ts'
import { hasOverlay } from './bundle/folders.ts'
import type { StorageDriver } from './driver.ts'
import { joinedContainers } from './joins.ts'
import type { ContainerRecord, UserNamespaceRecord } from './record.ts'
import type { CreateRequest } from './request.ts'
import type { ContainerStore } from './store.ts'
import { readFromUnion } from './union.ts'
import { isIdentity, planUserNamespace } from './user-namespace.ts'
import { parseGroups, parsePasswd } from './users.ts'

/** Held while a range is chosen and until the container that has it is there; nothing for the other modes. */
export function holdRanges({ userNamespace }: CreateRequest, { data }: Directories): Lock | undefined {
  return userNamespace.kind === 'auto' ? Lock.take(join(data, 'userns.lock'), 'exclusive') : undefined
}

/** null: the shared one. Throws unsupported where there is one id only, or a runtime makes the namespaces. */
export function chooseUserNamespace(
  request: CreateRequest,
  image: Image,
  containers: ContainerStore,
): UserNamespaceRecord | null {
  const mode = request.userNamespace
  if (mode.kind === 'host') return null
  const mapping = currentMapping()
  if (mode.kind === 'keep-id' && mapping === 'identity') return null // root is root
  if (mapping === 'single') {
    throw unsupported(
      '--userns',
      'you have one id only: `system check` or `info` says what root can do about it',
    )
  }
  const namespace = planUserNamespace(mode, {
    shared: sharedIds(),
    own: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    others: containers.list().flatMap((container) => recordOf(container)?.namespaces.user ?? []),
    largest: () => largestId(image) + 1,
    containerNamed: (word) => {
      const { id, record } = containers.find(word)
      return { id, userNamespace: record.namespaces.user }
    },
  })
  if (namespace !== null && request.runtime !== undefined) {
    throw unsupported('--userns with --runtime', 'leave one of them out')
  }
  return namespace
}

/** One that is being removed has no range any more. */
function recordOf(container: { readonly record: ContainerRecord }): ContainerRecord | undefined {
  try {
    return container.record
  } catch (error) {
    if (error instanceof SampanError) return undefined
    throw error
  }
}

function largestId({ layers }: Image): number {
  const union = layers.map(({ folder }) => folder).reverse()
  const users = parsePasswd(readFromUnion(union, '/etc/passwd') ?? '')
  const groups = parseGroups(readFromUnion(union, '/etc/group') ?? '')
  return Math.max(0, ...users.flatMap(({ uid, gid }) => [uid, gid]), ...groups.map(({ gid }) => gid))
}

/** Only FUSE can show files under other owners: no kernel lets a plain user map those of a mount. */
export function driverFor(namespace: UserNamespaceRecord | null, chosen: StorageDriver): StorageDriver {
  if (namespace === null || isIdentity(namespace)) return chosen
  if (chosen === 'vfs')
    throw unsupported(`--userns ${namespace.mode} with vfs`, 'use --storage-driver fuse-overlayfs')
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
  } catch (error) {
    throw new SampanError(`--userns ${namespace.mode} needs /dev/fuse, which you may not open`, {
      exitCode: 125,
      hint: 'once, as root: modprobe fuse; chmod 666 /dev/fuse',
      cause: error,
    })
  }
  return 'fuse-overlayfs'
}

/** What the root of a user namespace of its own cannot have mounted. Throws unsupported. */
export function checkMountable({ namespaces, mounts }: ContainerRecord): void {
  const own = namespaces.user
  if (own === null) return
  for (const mount of mounts) {
    const what = mount.type === 'image' ? 'an image mount' : hasOverlay(mount) ? 'volume mode O' : ''
    if (what !== '') throw unsupported(`--userns ${own.mode} with ${what}`, 'leave one of them out')
    if (mount.type !== 'tmpfs' && mount.type !== 'image' && mount.sameIds === true && !isIdentity(own)) {
      throw unsupported(
        `--userns ${own.mode} with an idmap of ${mount.destination}`,
        "no kernel lets a user map the owners of a mount: U gives the files to the container's user",
      )
    }
  }
}

/** The kernel lets nobody leave a user namespace for what belongs to the one around it. */
export function checkJoinable(record: ContainerRecord, containers: ContainerStore): void {
  const own = record.namespaces.user
  if (own === null) return
  for (const id of joinedContainers(record)) {
    const other = containers.find(id)
    const theirs = other.record.namespaces.user
    if (theirs !== null && (theirs.container ?? id) === own.container) continue
    throw unsupported(
      `--userns ${own.mode} with the namespaces of container ${other.name}`,
      theirs === null
        ? 'leave --userns out'
        : `take its user namespace, too: --userns container:${other.name}`,
    )
  }
}
