/** What `buildx ls` and `buildx inspect` show: the one builder there is, which is this program. */
import { formatPlatform, hostPlatform } from '../oci/platform.ts'
import type { View } from './view.ts'

export interface Builder {
  readonly name: string
  readonly platforms: readonly string[]
}

export const theBuilder: Builder = { name: 'default', platforms: [formatPlatform(hostPlatform())] }

export const builderView: View<Builder> = {
  fields: {
    Name: { heading: 'NAME/NODE', value: ({ name }) => `${name}*` },
    DriverEndpoint: { heading: 'DRIVER/ENDPOINT', value: () => 'sampan' },
    Status: { heading: 'STATUS', value: () => 'running' },
    Platforms: { heading: 'PLATFORMS', value: ({ platforms }) => platforms.join(', ') },
  },
}

/** docker's lines. */
export function builderText({ name, platforms }: Builder): string {
  const rows = [
    ['Name:', name],
    ['Driver:', 'sampan'],
    undefined,
    ['Nodes:', ''],
    ['Name:', name],
    ['Endpoint:', 'this user'],
    ['Status:', 'running'],
    ['Platforms:', platforms.join(', ')],
  ]
  return rows.map((row) => (row === undefined ? '\n' : `${row.join(' ').trimEnd()}\n`)).join('')
}
