/** Makes images for tests out of tar files: an OCI layout that skopeo can push, or a docker-archive that `load` reads. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { ok } from './process.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

export interface ImageRecipe {
  /** Bottom first; each an uncompressed tar. */
  readonly layers: readonly Uint8Array[]
  readonly compression?: Compression
  /** The `config` object of the image: Cmd, Env, User … */
  readonly config?: Readonly<Record<string, unknown>>
  readonly architecture?: string
  readonly variant?: string
  /** When it says it was made. */
  readonly created?: string
  /** One entry a layer, unless given. */
  readonly history?: readonly Readonly<Record<string, unknown>>[]
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { architecture: string; os: string; variant?: string }
}

const layerType = { none: '', gzip: '+gzip', zstd: '+zstd' } as const
const compress = {
  none: (bytes: Uint8Array) => bytes,
  gzip: (bytes: Uint8Array) => gzipSync(bytes, { level: 1 }),
  zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
} as const

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

/** The machine's own architecture in the words of images. */
export const nativeArchitecture = process.arch === 'x64' ? 'amd64' : process.arch

/** Writes an OCI layout whose tag points at one image, or at an index when several platforms are given. */
export function writeLayout(folder: string, tag: string, ...recipes: readonly ImageRecipe[]): void {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  const put = (mediaType: string, bytes: Uint8Array | string): Descriptor => {
    const hex = sha256(bytes)
    writeFileSync(join(folder, 'blobs/sha256', hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(bytes) }
  }
  const manifests = recipes.map((recipe) => {
    const { compression = 'gzip' } = recipe
    const layers = recipe.layers.map((tar) =>
      put(`application/vnd.oci.image.layer.v1.tar${layerType[compression]}`, compress[compression](tar)),
    )
    const config = put('application/vnd.oci.image.config.v1+json', JSON.stringify(configOf(recipe)))
    const type = 'application/vnd.oci.image.manifest.v1+json'
    const manifest = put(type, JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers }))
    const { architecture = nativeArchitecture, variant } = recipe
    return {
      ...manifest,
      platform: { architecture, os: 'linux', ...(variant === undefined ? {} : { variant }) },
    }
  })
  const [first] = manifests
  if (first === undefined) throw new Error('an image needs a recipe')
  const indexType = 'application/vnd.oci.image.index.v1+json'
  const top =
    manifests.length === 1
      ? first
      : put(indexType, JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }))
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const named = { ...top, annotations: { 'org.opencontainers.image.ref.name': tag } }
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }))
}

/** Writes what `docker save` wrote before it knew OCI: manifest.json, the config, and plain tars. */
export async function writeDockerArchive(file: string, name: string, recipe: ImageRecipe): Promise<void> {
  const folder = `${file}.parts`
  mkdirSync(folder, { recursive: true })
  const config = JSON.stringify(configOf(recipe))
  const layers = recipe.layers.map((tar) => {
    const path = `${sha256(tar)}.tar`
    writeFileSync(join(folder, path), tar)
    return path
  })
  const configPath = `${sha256(config)}.json`
  writeFileSync(join(folder, configPath), config)
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify([{ Config: configPath, RepoTags: [name], Layers: layers }]),
  )
  await ok(['tar', '-C', folder, '-cf', file, 'manifest.json', configPath, ...new Set(layers)])
  await ok(['rm', '-r', folder])
}

/** A folder as a layer: names sorted, times zero, all of it root's. Extra arguments go to GNU tar. */
export async function tarOf(folder: string, ...more: readonly string[]): Promise<Uint8Array> {
  const file = `${folder}.layer.tar`
  const argv = ['tar', '-C', folder, '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  await ok([...argv, '-cf', file, ...more, '.'])
  const bytes = readFileSync(file)
  await ok(['rm', file])
  return bytes
}

function configOf({ layers, config = {}, architecture = nativeArchitecture, variant, ...more }: ImageRecipe) {
  const created = more.created ?? '2026-01-02T03:04:05Z'
  return {
    created,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    os: 'linux',
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ...config },
    rootfs: { type: 'layers', diff_ids: layers.map((tar) => `sha256:${sha256(tar)}`) },
    history: more.history ?? layers.map(() => ({ created, created_by: 'made for tests' })),
  }
}
