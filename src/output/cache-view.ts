/** What `builder du` shows: docker's columns. */
import type { Context } from '../cli/context.ts'
import type { CacheEntry } from '../operations/build-cache.ts'
import { ellipsis, humanAgo, humanSize } from './human.ts'
import { printList } from './list.ts'
import type { View } from './view.ts'

export const cacheColumns = [
  'ID',
  'CacheType',
  'Reclaimable',
  'Size',
  'LastUsedSince',
  'Description',
] as const

const shortDigits = 12

export const cacheView: View<CacheEntry> = {
  fields: {
    ID: { heading: 'ID', value: ({ id }, { truncate }) => (truncate ? id.slice(0, shortDigits) : id) },
    CacheType: { heading: 'TYPE', value: ({ type }) => type },
    CreatedAt: { heading: 'CREATED AT', value: ({ created }) => new Date(created).toISOString() },
    CreatedSince: { heading: 'CREATED', value: ({ created }) => humanAgo(created) },
    Description: {
      heading: 'DESCRIPTION',
      value: ({ what }, { truncate }) => (truncate ? ellipsis(what, 50) : what),
    },
    InUse: { heading: 'IN USE', value: ({ reclaimable }) => String(!reclaimable) },
    LastUsedAt: { heading: 'LAST USED AT', value: ({ used }) => new Date(used).toISOString() },
    LastUsedSince: { heading: 'LAST ACCESSED', value: ({ used }) => humanAgo(used) },
    Reclaimable: { heading: 'RECLAIMABLE', value: ({ reclaimable }) => String(reclaimable) },
    Shared: { heading: 'SHARED', value: ({ reclaimable }) => String(!reclaimable) },
    Size: { heading: 'SIZE', value: ({ size }) => humanSize(size) },
    // Nobody counts.
    UsageCount: { heading: 'USAGE', value: () => '' },
  },
}

/** The table, then the sums: docker's. */
export function printCacheUsage(
  entries: readonly CacheEntry[],
  { format, verbose }: { readonly format: string | undefined; readonly verbose: boolean },
  context: Context,
): void {
  printList(cacheView, entries, { format, columns: cacheColumns, noTrunc: verbose }, context)
  if (format !== undefined) return
  const sum = (of: readonly CacheEntry[]) => humanSize(of.reduce((bytes, { size }) => bytes + size, 0))
  context.out.write(`Reclaimable:\t${sum(entries.filter(({ reclaimable }) => reclaimable))}\n`)
  context.out.write(`Total:\t\t${sum(entries)}\n`)
}
