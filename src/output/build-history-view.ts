/** What `buildx history ls` and `inspect` show of past builds: buildx's columns and lines. */
import type { BuildRecord } from '../operations/build-history.ts'
import { humanAgo } from './human.ts'
import type { View } from './view.ts'

export const historyColumns = ['Ref', 'Name', 'Status', 'CreatedAt', 'Duration'] as const

export const buildHistoryView: View<BuildRecord> = {
  fields: {
    Ref: { heading: 'BUILD ID', value: ({ id }) => id },
    Name: { heading: 'NAME', value: ({ name }) => name },
    Status: { heading: 'STATUS', value: ({ status }) => status },
    CreatedAt: { heading: 'CREATED AT', value: ({ started }) => humanAgo(started) },
    Duration: { heading: 'DURATION', value: ({ duration }) => shortDuration(duration) },
    TotalSteps: { heading: 'STEPS', value: ({ steps }) => steps },
    CachedSteps: { heading: 'CACHED STEPS', value: ({ cachedSteps }) => cachedSteps },
    Image: { heading: 'IMAGE', value: ({ image }) => image ?? '' },
    Error: { heading: 'ERROR', value: ({ error }) => error ?? '' },
  },
}

/** `0.4s`, `12.0s`, `2m 5s`. */
export function shortDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)}s`
  return `${Math.floor(seconds / 60)}m ${Math.floor(seconds % 60)}s`
}

export function buildText(build: BuildRecord): string {
  const { name, context, dockerfile, target, platforms, started, duration, status, steps, cachedSteps } =
    build
  const share = steps === 0 ? 0 : Math.round((100 * cachedSteps) / steps)
  const rows = [
    ['Name', name],
    ['Context', context],
    ['Dockerfile', dockerfile],
    ['Target', target ?? ''],
    ['Platform', platforms.join(', ')],
    ['Tag', build.tags.join(', ')],
    ['Build argument', build.buildArgs.join(', ')],
    ['Started', started],
    ['Duration', shortDuration(duration)],
    ['Build steps', `${steps} (${share}% cached)`],
    ['Status', status],
    ['Image', build.image ?? ''],
    ['Error', build.error ?? ''],
  ].filter(([, value]) => value !== '')
  return rows.map(([label, value]) => `${`${label}:`.padEnd(16)}${value}\n`).join('')
}
