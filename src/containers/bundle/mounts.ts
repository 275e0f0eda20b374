/** The mounts of `config.json`, in the order they are made: kernel file systems, the name files, then the person's own. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SpecMount } from '../../oci/runtime-spec.ts'
import type { MountRecord, VolumeMount } from '../../volumes/mounts.ts'
import type { ContainerRecord, NamespaceMode } from '../record.ts'
import { secretMounts } from '../secrets.ts'
import type { Places } from './config.ts'
import { hasOverlay, overlayFolders } from './folders.ts'

export function specMounts(record: ContainerRecord, places: Places): SpecMount[] {
  const own = record.mounts.map((mount) => specMount(mount, record, places))
  const taken = new Set(own.map(({ destination }) => destination))
  const basic = [
    ...kernelMounts(record),
    ...deviceMounts(record),
    ...nameMounts(record, places),
    ...secretMounts(record, places.folder),
  ]
  return [...basic.filter(({ destination }) => !taken.has(destination)), ...own]
}

function kernelMounts(record: ContainerRecord): SpecMount[] {
  const { security, shmSize, namespaces } = record
  const readOnly = security.privileged ? [] : ['ro']
  const hostIpc = namespaces.ipc === 'host'
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    {
      destination: '/sys',
      type: 'sysfs',
      source: 'sysfs',
      options: ['nosuid', 'noexec', 'nodev', ...readOnly],
    },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', ...readOnly],
    },
    ...messageQueues(hostIpc),
    ...sharedMemory(namespaces.ipc, shmSize),
  ]
}

function sharedMemory(ipc: NamespaceMode, size: number): SpecMount[] {
  const destination = '/dev/shm'
  if (ipc === 'none') return []
  if (ipc === 'host')
    return [{ destination, type: 'bind', source: destination, options: ['rbind', 'rprivate'] }]
  const options = ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${size}`]
  return [{ destination, type: 'tmpfs', source: 'shm', options }]
}

/** A host that has none mounted has none to share. */
function messageQueues(hostIpc: boolean): SpecMount[] {
  const destination = '/dev/mqueue'
  if (!hostIpc)
    return [{ destination, type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] }]
  if (!existsSync(destination)) return []
  return [{ destination, type: 'bind', source: destination, options: ['rbind', 'rprivate'] }]
}

/** hostname, hosts, resolv.conf: files of the bundle, so that their content is the container's own. */
function nameMounts(record: ContainerRecord, { folder, names }: Places): SpecMount[] {
  const mode = record.security.readOnly ? ['ro'] : []
  const { noHosts = false, noHostname = false } = record.network
  const file = (source: string, destination: string): SpecMount => ({
    destination,
    type: 'bind',
    source,
    options: ['bind', 'rprivate', ...mode],
  })
  return [
    file(join(names, 'resolv.conf'), '/etc/resolv.conf'),
    ...(noHostname ? [] : [file(join(names, 'hostname'), '/etc/hostname')]),
    ...(noHosts ? [] : [file(join(names, 'hosts'), '/etc/hosts')]),
    file(join(folder, 'containerenv'), '/run/.containerenv'),
  ]
}

/** A user namespace cannot make device nodes: the host's are bound. With `--privileged`, all that the host has. */
function deviceMounts({ devices, security }: ContainerRecord): SpecMount[] {
  const bound = devices.map(({ host, container, permissions }) => device(host, container, permissions))
  if (!security.privileged) return bound
  return [...hostDevices('/dev').map((path) => device(path, path, 'rwm')), ...bound]
}

function device(source: string, destination: string, permissions: string): SpecMount {
  const mode = permissions.includes('w') ? [] : ['ro']
  return { destination, type: 'bind', source, options: ['rbind', 'rprivate', 'nosuid', 'noexec', ...mode] }
}

/** Made by the container itself, or the terminals of others. */
const OWN_DEVICES =
  /^(null|zero|full|random|urandom|console|ptmx|core|fd|std(in|out|err)|tty\w*|vcs\w*|hvc\w*|pts|shm|mqueue|hugepages)$/

function hostDevices(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (OWN_DEVICES.test(entry.name)) return []
    if (entry.isCharacterDevice() || entry.isBlockDevice()) return [path]
    return entry.isDirectory() && statSync(path).isDirectory() ? nested(path) : []
  })
}

/** Folders of other people (by-id of root only …) are passed over. */
function nested(path: string): string[] {
  try {
    return hostDevices(path)
  } catch {
    return []
  }
}

function specMount(mount: MountRecord, record: ContainerRecord, places: Places): SpecMount {
  const readOnly = mount.readOnly ? ['ro'] : ['rw']
  const { destination } = mount
  if (hasOverlay(mount) || coverOf(mount) !== undefined) return overlayMount(mount, record, places)
  switch (mount.type) {
    case 'bind':
      return {
        destination,
        type: 'bind',
        source: mount.source,
        options: [
          mount.recursive ? 'rbind' : 'bind',
          mount.propagation,
          ...readOnly,
          ...(mount.readOnlyBelow === true ? ['rro'] : []),
          ...(mount.flags ?? []),
        ],
      }
    case 'volume':
      if (mount.memory !== undefined) return memoryMount(mount, mount.memory)
      return {
        destination,
        type: 'bind',
        source: sourceOf(mount, places),
        options: ['rbind', 'rprivate', ...readOnly, ...(mount.flags ?? []), ...part(mount)],
      }
    case 'image':
      // Of a single layer there is nothing to lay over another.
      return mount.links.length > 1
        ? overlayMount(mount, record, places)
        : {
            destination,
            type: 'bind',
            source: sourceOf(mount, places),
            options: ['bind', 'rprivate', 'ro', ...part(mount)],
          }
    case 'tmpfs':
      return {
        destination,
        type: 'tmpfs',
        source: 'tmpfs',
        options: [
          ...mount.options,
          ...readOnly,
          `mode=${mount.mode.toString(8)}`,
          ...(mount.size > 0 ? [`size=${mount.size}`] : []),
        ],
      }
  }
}

/** A volume that is memory has it anew in each run: nobody but the container's own mounts keeps it. */
function memoryMount(mount: VolumeMount, memory: readonly string[]): SpecMount {
  const options = [...(mount.flags ?? []), ...memory, mount.readOnly ? 'ro' : 'rw']
  const filled = mount.noCopy ? [] : ['tmpcopyup']
  return { destination: mount.destination, type: 'tmpfs', source: 'tmpfs', options: [...options, ...filled] }
}

/** The helper looks it up where the mount is made: a link in it must not lead out of the volume or image. */
function part({ subpath }: { readonly subpath?: string }): string[] {
  return subpath === undefined || subpath === '' ? [] : [`subpath=${subpath}`]
}

/** The folder on the host, all of it; of an image the bottom layer's. */
export function sourceOf(mount: MountRecord, places: Pick<Places, 'volume' | 'layers'>): string {
  switch (mount.type) {
    case 'bind':
      return mount.source
    case 'volume':
      return places.volume(mount.name)
    case 'image':
      return join(places.layers, mount.links[0] ?? '')
    case 'tmpfs':
      return ''
  }
}

/** An image's layers, short names in DATA/l; or a folder. What may be written to has an upper one. */
function overlayMount(mount: MountRecord, record: ContainerRecord, places: Places): SpecMount {
  const cover = coverOf(mount)
  const below = mount.type === 'image' ? mount.links.toReversed() : [sourceOf(mount, places)]
  const lower = cover === undefined ? below : [cover, ...below]
  const { upper, work } = overlayFolders(places.folder, record, mount)
  return {
    destination: mount.destination,
    type: 'overlay',
    source: 'overlay',
    options: [
      `lowerdir=${lower.map(escaped).join(':')}`,
      ...(hasOverlay(mount) ? [`upperdir=${escaped(upper)}`, `workdir=${escaped(work)}`] : []),
      'userxattr',
      ...(mount.readOnly ? ['ro'] : []),
      ...(mount.type === 'bind' || mount.type === 'volume' ? (mount.flags ?? []) : []),
      ...(mount.type === 'image' ? part(mount) : []),
    ],
  }
}

function coverOf(mount: MountRecord): string | undefined {
  return mount.type === 'bind' ? mount.cover : undefined
}

/** overlayfs takes its options apart at commas and its layers at colons. */
function escaped(path: string): string {
  return path.replace(/[\\:,]/g, '\\$&')
}
