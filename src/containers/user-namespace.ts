/**
 * The ids of a container with a user namespace of its own, a child of the shared one. Its files keep the owners that
 * the image gave them: fuse-overlayfs shows them by the same rows, so nothing is copied or chowned. Pure.
 */
import { SampanError, usage } from '../errors.ts'
import type { SharedIds } from '../images/mapping.ts'
import type { IdMapping } from '../oci/runtime-spec.ts'
import type { UserNamespaceRecord } from './record.ts'
import type { UserNamespaceMode } from './values/user-namespace.ts'

export interface PlanSurroundings {
  /** The ids that there are. */
  readonly shared: SharedIds
  /** Who the person is on the host. */
  readonly own: { readonly uid: number; readonly gid: number }
  /** The user namespaces that other containers have. */
  readonly others: readonly UserNamespaceRecord[]
  /** One more than the largest id that the image's accounts have, for `auto`. */
  readonly largest: () => number
  readonly containerNamed: (word: string) => {
    readonly id: string
    readonly userNamespace: UserNamespaceRecord | null
  }
}

/** Fewer would make programs fail that want `nobody`'s group or a handful of system users. */
const SMALLEST_AUTO = 1024

/** null: the shared one. Throws usage for rows that cannot be. */
export function planUserNamespace(
  mode: UserNamespaceMode,
  around: PlanSurroundings,
): UserNamespaceRecord | null {
  const planned = plan(mode, around)
  if (planned === null) return null
  return {
    ...planned,
    uidMappings: split(planned.uidMappings, around.shared.uids),
    gidMappings: split(planned.gidMappings, around.shared.gids),
  }
}

function plan(mode: UserNamespaceMode, around: PlanSurroundings): UserNamespaceRecord | null {
  const { own } = around
  const shared = { uids: sum(around.shared.uids), gids: sum(around.shared.gids) }
  switch (mode.kind) {
    case 'host':
      return null
    case 'private':
      return made('private', [row(0, 0, shared.uids)], [row(0, 0, shared.gids)])
    case 'nomap':
      return made('nomap', withoutPerson(shared.uids, mode.size), withoutPerson(shared.gids, mode.size))
    case 'keep-id': {
      const [uid, gid] = [mode.uid ?? own.uid, mode.gid ?? own.gid]
      return {
        ...made('keep-id', keeping(uid, shared.uids, mode.size), keeping(gid, shared.gids, mode.size)),
        person: { uid, gid },
      }
    }
    case 'auto': {
      const size = mode.size ?? Math.max(SMALLEST_AUTO, around.largest())
      const first = freeRange(size, Math.min(shared.uids, shared.gids), around.others)
      return made('auto', [row(0, first, size)], [row(0, first, size)])
    }
    case 'maps':
      return made('private', checked(mode.uids, shared.uids), checked(mode.gids, shared.gids))
    case 'container': {
      const { id, userNamespace } = around.containerNamed(mode.container)
      return userNamespace === null
        ? null
        : { ...userNamespace, mode: `container:${id}`, container: userNamespace.container ?? id }
    }
  }
}

/** Whether files look inside as they are: then the kernel's own overlay serves. */
export function isIdentity({ uidMappings, gidMappings }: UserNamespaceRecord): boolean {
  return [...uidMappings, ...gidMappings].every(({ containerID, hostID }) => containerID === hostID)
}

/** What an id inside is in the shared namespace; itself where it is not mapped, which no start then allows. */
export function outsideId(rows: readonly IdMapping[], inside: number): number {
  const found = rows.find(({ containerID, size }) => inside >= containerID && inside < containerID + size)
  return found === undefined ? inside : found.hostID + inside - found.containerID
}

function made(
  mode: string,
  uidMappings: readonly IdMapping[],
  gidMappings: readonly IdMapping[],
): UserNamespaceRecord {
  return { mode, container: null, uidMappings, gidMappings, person: null }
}

function row(containerID: number, hostID: number, size: number): IdMapping {
  return { containerID, hostID, size }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

/** The kernel wants each row inside one of the ranges around it. */
function split(rows: readonly IdMapping[], ranges: readonly number[]): IdMapping[] {
  return rows.flatMap(({ containerID, hostID, size }) => {
    let start = 0
    return ranges.flatMap((count) => {
      const [first, last] = [Math.max(hostID, start), Math.min(hostID + size, start + count)]
      start += count
      return first < last ? [row(containerID + first - hostID, first, last - first)] : []
    })
  })
}

/** 0 of the shared namespace is the person. */
function withoutPerson(shared: number, size: number | undefined): IdMapping[] {
  return [row(0, 1, Math.min(shared - 1, size ?? shared))]
}

/** The person is `id`; the ids below move up by one to make room. */
function keeping(id: number, shared: number, size: number | undefined): IdMapping[] {
  const most = Math.min(shared, size ?? shared)
  return [row(0, 1, Math.min(id, most - 1)), row(id, 0, 1), row(id + 1, id + 1, most - id - 1)].filter(
    (one) => one.size > 0,
  )
}

function freeRange(size: number, shared: number, others: readonly UserNamespaceRecord[]): number {
  const taken = others
    .filter(({ mode }) => mode === 'auto')
    .flatMap(({ uidMappings }) => uidMappings)
    .sort((a, b) => a.hostID - b.hostID)
  let first = 1
  for (const { hostID, size: count } of taken) {
    if (hostID - first >= size) break
    first = Math.max(first, hostID + count)
  }
  if (first + size <= shared) return first
  throw new SampanError(`--userns auto: there is no free range of ${size} ids among your ${shared}`, {
    exitCode: 125,
    hint: 'remove a container that has one, say auto:size=N, or have root give you more in /etc/subuid and /etc/subgid',
  })
}

function checked(rows: readonly IdMapping[], shared: number): readonly IdMapping[] {
  for (const { hostID, size } of rows) {
    if (hostID + size > shared) {
      throw usage(
        `an id mapping goes beyond the ${shared} ids you have`,
        '0 is you, 1 and on are your subordinate ids',
      )
    }
  }
  const overlap = (key: 'containerID' | 'hostID') =>
    rows.some((one, at) =>
      rows.some(
        (other, index) =>
          index > at && one[key] < other[key] + other.size && other[key] < one[key] + one.size,
      ),
    )
  if (overlap('containerID') || overlap('hostID')) throw usage('two id mappings have an id in common')
  return rows
}
