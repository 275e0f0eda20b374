/** `system df`: docker's summary, and its tables of single things. */
import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import type { CacheEntry } from '../operations/build-cache.ts'
import type {
  ContainerSpace,
  DiskUsage,
  ImageSpace,
  TypeSpace,
  VolumeSpace,
} from '../operations/disk-usage.ts'
import { cacheView } from './cache-view.ts'
import { containerView } from './container-view.ts'
import { asDot } from './dot.ts'
import { humanSize } from './human.ts'
import { imageView } from './image-view.ts'
import { printList } from './list.ts'
import { encodeJson } from './template/json.ts'
import type { Field, View } from './view.ts'

const podman = (value: Field<TypeSpace>['value']): Field<TypeSpace> => ({ heading: '', value, inJson: false })

const summaryView: View<TypeSpace> = {
  fields: {
    Type: { heading: 'TYPE', value: ({ type }) => type },
    TotalCount: { heading: 'TOTAL', value: ({ total }) => String(total) },
    Active: { heading: 'ACTIVE', value: ({ active }) => String(active) },
    Size: { heading: 'SIZE', value: ({ size }) => humanSize(size, 4) },
    Reclaimable: {
      heading: 'RECLAIMABLE',
      value: ({ size, reclaimable }) =>
        humanSize(reclaimable, 4) + (size > 0 ? ` (${Math.floor((reclaimable * 100) / size)}%)` : ''),
    },
    Total: podman(({ total }) => total),
    RawSize: podman(({ size }) => size),
    RawReclaimable: podman(({ reclaimable }) => reclaimable),
  },
}

export function printDiskUsage(disk: DiskUsage, format: string | undefined, context: Context): void {
  const columns = ['Type', 'TotalCount', 'Active', 'Size', 'Reclaimable']
  printList(summaryView, disk.totals, { format, columns }, context)
}

const imageFields = ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size'] as const

const imageSpaceView: View<ImageSpace> = {
  fields: {
    ...Object.fromEntries(
      imageFields.map((name) => {
        const field = imageView.fields[name] as (typeof imageView.fields)[string]
        return [
          name,
          {
            heading: field.heading,
            value: ({ row }: ImageSpace, style) => field.value(row, style),
          } as Field<ImageSpace>,
        ]
      }),
    ),
    SharedSize: { heading: 'SHARED SIZE', value: ({ usage }) => humanSize(usage.shared) },
    UniqueSize: { heading: 'UNIQUE SIZE', value: ({ usage }) => humanSize(usage.unique) },
    Containers: { heading: 'CONTAINERS', value: ({ containers }) => String(containers) },
  },
}

const containerSpaceView: View<ContainerSpace> = {
  fields: {
    ...(containerView.fields as View<ContainerSpace>['fields']),
    Size: { heading: 'SIZE', value: ({ bytes }) => humanSize(bytes) },
    LocalVolumes: {
      heading: 'LOCAL VOLUMES',
      value: ({ record }) => String(record.mounts.filter(({ type }) => type === 'volume').length),
    },
  },
}

const volumeSpaceView: View<VolumeSpace> = {
  fields: {
    Name: { heading: 'VOLUME NAME', value: ({ name }) => name },
    Links: { heading: 'LINKS', value: ({ links }) => String(links) },
    Size: { heading: 'SIZE', value: ({ size }) => humanSize(size) },
  },
}

const cacheSpaceColumns = ['ID', 'CacheType', 'Size', 'CreatedSince', 'LastUsedSince', 'UsageCount', 'Shared']

/** The build cache has other headings here than in `builder du`. */
const cacheSpaceView: View<CacheEntry> = {
  fields: {
    ...cacheView.fields,
    ID: { ...cacheView.fields['ID'], heading: 'CACHE ID' } as Field<CacheEntry>,
    CacheType: { ...cacheView.fields['CacheType'], heading: 'CACHE TYPE' } as Field<CacheEntry>,
    LastUsedSince: { ...cacheView.fields['LastUsedSince'], heading: 'LAST USED' } as Field<CacheEntry>,
  },
}

/** `-v`: a table for each kind, or all of them as one JSON object. */
export function printDiskUsageTables(disk: DiskUsage, format: string | undefined, context: Context): void {
  if (format === 'json') {
    const all = <T>(view: View<T>, items: readonly T[]) =>
      items.map((item) => asDot(view, item, { truncate: false }))
    const object = {
      Images: all(imageSpaceView, disk.images),
      Containers: all(containerSpaceView, disk.containers),
      Volumes: all(volumeSpaceView, disk.volumes),
      BuildCache: all(cacheView, disk.cache),
    }
    context.out.write(`${encodeJson(object)}\n`)
    return
  }
  if (format !== undefined && format !== '' && format !== 'table') {
    throw usage('with --verbose, --format can only be json', 'leave --verbose out for a template')
  }
  const images = [...imageFields, 'SharedSize', 'UniqueSize', 'Containers']
  const containers = ['ID', 'Image', 'Command', 'LocalVolumes', 'Size', 'RunningFor', 'Status', 'Names']
  context.out.write('Images space usage:\n\n')
  printList(imageSpaceView, disk.images, { format: undefined, columns: images }, context)
  context.out.write('\nContainers space usage:\n\n')
  printList(containerSpaceView, disk.containers, { format: undefined, columns: containers }, context)
  context.out.write('\nLocal Volumes space usage:\n\n')
  printList(volumeSpaceView, disk.volumes, { format: undefined, columns: ['Name', 'Links', 'Size'] }, context)
  const size = disk.cache.reduce((sum, entry) => sum + entry.size, 0)
  context.out.write(`\nBuild cache usage: ${humanSize(size, 4)}\n\n`)
  printList(cacheSpaceView, disk.cache, { format: undefined, columns: cacheSpaceColumns }, context)
}
