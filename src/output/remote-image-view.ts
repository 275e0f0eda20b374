/** What `buildx imagetools inspect` prints: buildx's lines. */
import { formatPlatform } from '../oci/platform.ts'
import { fullName } from '../oci/reference.ts'
import type { RemoteImage } from '../operations/remote-image.ts'

export function remoteImageText({ reference, descriptor, document }: RemoteImage): string {
  const name = fullName(reference)
  const head = lines('', [
    ['Name', name],
    ['MediaType', descriptor.mediaType],
    ['Digest', descriptor.digest],
  ])
  if (document.kind === 'manifest') return head
  const bare = fullName({ registry: reference.registry, repository: reference.repository })
  const listed = document.manifests.map(({ digest, mediaType, platform, annotations = {} }) => {
    const own = platform === undefined ? [] : [['Platform', formatPlatform(platform)] as const]
    const more = Object.entries(annotations).map(([key, value]) => `    ${key}: ${value}\n`)
    const rows = [['Name', `${bare}@${digest}`], ['MediaType', mediaType], ...own] as const
    return `\n${lines('  ', rows)}${more.length === 0 ? '' : `  Annotations:\n${more.join('')}`}`
  })
  return `${head}\nManifests:${listed.join('')}`
}

function lines(indent: string, rows: readonly (readonly [string, string])[]): string {
  return rows.map(([label, value]) => `${indent}${`${label}:`.padEnd(11)}${value}\n`).join('')
}
