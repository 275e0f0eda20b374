/**
 * Fills dist/embedded: NAME.pack for each thing the executable carries, and packs.json with their digests. A pack whose
 * content is as before is not compressed again.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compressPack, type PackedFile, plainPack } from '../src/platform/helper/pack.ts'
import { busyboxImage } from './vendor/image.ts'
import { licenceTexts } from './vendor/licences.ts'
import { vendor } from './vendor/tools.ts'

const checkout = join(import.meta.dirname, '..')
const target = join(checkout, 'dist/embedded')

const needed: Readonly<Record<string, string>> = {
  '/bin/busybox': 'busybox-static',
  '/usr/bin/slirp4netns': 'slirp4netns',
  '/usr/bin/pasta': 'passt',
  '/usr/bin/fuse-overlayfs': 'fuse-overlayfs',
}
const missing = Object.keys(needed).filter((path) => !existsSync(path))
if (missing.length > 0) {
  console.error(
    `build: ${missing.join(', ')} not found: apt-get install ${missing.map((path) => needed[path]).join(' ')}`,
  )
  process.exit(1)
}

const tools = {
  slirp4netns: vendor('/usr/bin/slirp4netns', 'slirp4netns'),
  pasta: vendor('/usr/bin/pasta', 'pasta'),
  'fuse-overlayfs': vendor('/usr/bin/fuse-overlayfs', 'fuse-overlayfs'),
}
const image = await busyboxImage('/bin/busybox', '/usr/share/doc/busybox-static/copyright')
const texts = licenceTexts(
  checkout,
  ['/bin/busybox', ...Object.values(tools).flatMap((tool) => tool.sources)],
  ['musl-dev', 'libseccomp-dev', 'libyajl-dev', 'zlib1g-dev'],
)
const helper = readFileSync(join(checkout, 'native/build/sampan-helper'))

const contents: Readonly<Record<string, readonly PackedFile[]>> = {
  helper: [{ name: 'sampan-helper', executable: true, bytes: helper }],
  image: [{ name: 'busybox.tar', executable: false, bytes: image }],
  licences: [{ name: 'LICENCES', executable: false, bytes: Buffer.from(texts) }],
  ...Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, tool.files])),
}

mkdirSync(target, { recursive: true })
/** Digests of the content each pack was made of. */
const list = join(target, 'contents.json')
const before: Record<string, string> = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : {}
const now: Record<string, string> = {}
const digests: Record<string, string> = {}
for (const [name, files] of Object.entries(contents)) {
  const path = join(target, `${name}.pack`)
  const plain = plainPack(files)
  now[name] = sha256(plain)
  if (before[name] !== now[name] || !existsSync(path)) writeFileSync(path, compressPack(plain))
  digests[name] = sha256(readFileSync(path))
}
writeFileSync(join(target, 'packs.json'), `${JSON.stringify(digests, undefined, 2)}\n`)
writeFileSync(list, `${JSON.stringify(now, undefined, 2)}\n`)

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
