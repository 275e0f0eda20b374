/**
 * What an image archive says it holds. OCI layouts (`index.json`: podman and skopeo `oci-archive`, docker 25 and
 * later) keep their manifests; docker archives (`manifest.json`) have none, so one is made. Where both are there, the
 * layout counts for contents and either for names.
 */

import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import type { ImageConfig } from '../oci/image-config.ts'
import { checkLayerCount, parseImageConfig, platformOf } from '../oci/image-config.ts'
import { asArray, asObject, asString, asStrings, optional, parseJson } from '../oci/json.ts'
import { chooseManifest, type Descriptor, type Index, type Manifest, parseManifest } from '../oci/manifest.ts'
import { compressionOf } from '../oci/media-types.ts'
import { formatPlatform, hostPlatform, type Platform, suitability } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import { parseReference, withDefaultTag } from '../oci/reference.ts'
import { digestOf } from '../platform/host/sha256.ts'
import { type Archive, type ArchiveFile, readSmall } from './archive.ts'
import { notItsDigest } from './archive-blob.ts'
import { readLegacyImages } from './archive-legacy.ts'
import { blobName, mustHave, readBlob } from './archive-read.ts'
import { isReferrer } from './archive-referrers.ts'

export interface ArchivedLayer {
  readonly file: ArchiveFile
  readonly diffId: Digest
  /** Of the file's bytes, where the archive says it. */
  readonly digest: Digest | undefined
  readonly name: string
}

export interface ArchivedImage {
  readonly config: { readonly bytes: Buffer; readonly digest: Digest }
  /** The manifest to keep, byte for byte; undefined: to be made from the layers. */
  readonly manifest: { readonly bytes: Buffer; readonly mediaType: string } | undefined
  /** Lowest first. */
  readonly layers: readonly ArchivedLayer[]
  readonly names: readonly Reference[]
  /** The index it was chosen from, see archive-list.ts. */
  readonly listedBy?: Descriptor
}

/**
 * @param platform undefined: what suits this machine best, or the only one there is
 * @throws SampanError for what is no image archive, and for files that are missing or not what their digest says
 */
export async function readContent(
  archive: Archive,
  platform: Platform | undefined,
): Promise<ArchivedImage[]> {
  const index = archive.file('index.json')
  const manifest = archive.file('manifest.json')
  const listed = manifest === undefined ? [] : await readDockerManifest(archive, manifest)
  if (!Array.isArray(listed)) return [await readFolderImage(archive, listed, platform)]
  const named = listed as readonly DockerEntry[]
  if (index !== undefined) return await readLayout(archive, index, named, platform)
  if (manifest !== undefined) {
    return await Promise.all(named.map((entry) => readDockerImage(archive, entry, platform)))
  }
  const old = await readLegacyImages(archive)
  if (old.length > 0) {
    for (const { config } of old)
      checkPlatform(parseImageConfig(config.bytes.toString(), archive.title), platform, archive.title)
    return old
  }
  throw new SampanError(`${archive.title} holds no image: it has neither index.json nor manifest.json`, {
    hint: `a root file system is made an image by: sampan import ${archive.title.startsWith('standard') ? '-' : archive.title}`,
  })
}

interface DockerEntry {
  readonly config: string
  readonly names: readonly Reference[]
  readonly layers: readonly string[]
}

/** The list of a docker archive; or, in skopeo's `dir:` folders, the bytes of one registry manifest. */
async function readDockerManifest(archive: Archive, file: ArchiveFile): Promise<DockerEntry[] | Buffer> {
  const what = `manifest.json of ${archive.title}`
  const bytes = await readSmall(file, what)
  const list = parseJson(bytes.toString(), what)
  if (!Array.isArray(list)) return bytes
  return asArray(list, what).map((each, at) => {
    const object = asObject(each, `${what}[${at}]`)
    const names = optional(object, 'RepoTags', what, asStrings) ?? []
    return {
      config: asString(object['Config'], `${what}[${at}].Config`),
      names: names.map((name) => withDefaultTag(parseReference(name))),
      layers: optional(object, 'Layers', what, asStrings) ?? [],
    }
  })
}

async function readDockerImage(
  archive: Archive,
  entry: DockerEntry,
  platform: Platform | undefined,
): Promise<ArchivedImage> {
  const bytes = await readSmall(mustHave(archive, entry.config), entry.config)
  const digest = digestOf(bytes)
  // The file is named after its digest; only a name that is one can be held to it.
  const said = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(entry.config)?.[1]
  if (said !== undefined && digest !== `sha256:${said}`) {
    throw notItsDigest(entry.config, `sha256:${said}` as Digest, digest)
  }
  const config = parseImageConfig(bytes.toString(), entry.config)
  checkLayerCount(config, entry.layers.length, archive.title)
  checkPlatform(config, platform, archive.title)
  const layers = entry.layers.map((name, at) => ({
    file: mustHave(archive, name),
    diffId: config.rootfs.diff_ids[at] as Digest,
    digest: undefined,
    name,
  }))
  return { config: { bytes, digest }, manifest: undefined, layers, names: entry.names }
}

/** A folder of skopeo's or podman's `dir:`: manifest.json is the manifest, blobs are named by their digits alone. */
async function readFolderImage(
  archive: Archive,
  bytes: Buffer,
  platform: Platform | undefined,
): Promise<ArchivedImage> {
  const manifest = parseManifest(bytes.toString(), undefined, `manifest.json of ${archive.title}`)
  if (manifest.kind === 'index') {
    throw new SampanError(`${archive.title} holds a list of images for several platforms`, {
      hint: 'copy one of them there: skopeo copy without --all',
    })
  }
  const image = await readImage(archive, manifest, platform, (digest) => digest.slice(7))
  return { ...image, manifest: { bytes, mediaType: manifest.mediaType } }
}

async function readLayout(
  archive: Archive,
  file: ArchiveFile,
  docker: readonly DockerEntry[],
  platform: Platform | undefined,
): Promise<ArchivedImage[]> {
  const index = await readIndex(archive, file)
  if (index.manifests.length === 0)
    throw new SampanError(`${archive.title} holds no image: its index is empty`)
  const images = new Map<Digest, ArchivedImage>()
  for (const descriptor of index.manifests) {
    if (await isReferrer(archive, descriptor)) continue
    const image = await readLayoutImage(archive, descriptor, platform)
    const known = images.get(image.digest)
    const names = [
      ...(known?.names ?? []),
      ...namesOf(descriptor),
      ...dockerNames(docker, image.config.digest),
    ]
    images.set(image.digest, { ...image, names: unique(names) })
  }
  return Array.from(images.values())
}

/** index.json. @throws SampanError for what is no index */
export async function readIndex(archive: Archive, file: ArchiveFile): Promise<Index> {
  const what = `index.json of ${archive.title}`
  const index = parseManifest((await readSmall(file, what)).toString(), undefined, what)
  if (index.kind === 'index') return index
  throw new SampanError(`${what} is not an index`, { kind: 'damaged' })
}

async function readLayoutImage(
  archive: Archive,
  top: Descriptor,
  platform: Platform | undefined,
): Promise<ArchivedImage & { readonly digest: Digest }> {
  let descriptor = top
  for (let depth = 0; depth < 4; depth += 1) {
    const what = `manifest ${descriptor.digest} of ${archive.title}`
    const bytes = await readBlob(archive, blobName(descriptor.digest), descriptor.digest, what)
    const parsed = parseManifest(bytes.toString(), descriptor.mediaType, what)
    if (parsed.kind === 'manifest') {
      const manifest = { bytes, mediaType: parsed.mediaType }
      return {
        ...(await readImage(archive, parsed, platform, blobName)),
        manifest,
        digest: descriptor.digest,
        ...(descriptor === top ? {} : { listedBy: top }),
      }
    }
    descriptor = chooseManifest(presentOnes(archive, parsed), platform ?? hostPlatform(), what)
  }
  throw new SampanError(`${archive.title} has lists of lists of manifests`, { kind: 'damaged' })
}

/** An index may speak of platforms that were not saved with it. */
function presentOnes(archive: Archive, index: Index): Index {
  const manifests = index.manifests.filter(({ digest }) => archive.file(blobName(digest)) !== undefined)
  return { ...index, manifests }
}

async function readImage(
  archive: Archive,
  manifest: Manifest,
  platform: Platform | undefined,
  nameOf: (digest: Digest) => string,
): Promise<ArchivedImage> {
  const what = `configuration ${manifest.config.digest} of ${archive.title}`
  const bytes = await readBlob(archive, nameOf(manifest.config.digest), manifest.config.digest, what)
  const config = parseImageConfig(bytes.toString(), what)
  checkLayerCount(config, manifest.layers.length, archive.title)
  checkPlatform(config, platform, archive.title)
  const layers = manifest.layers.map(({ digest, mediaType }, at) => {
    compressionOf(mediaType)
    const name = nameOf(digest)
    return { file: mustHave(archive, name), diffId: config.rootfs.diff_ids[at] as Digest, digest, name }
  })
  return { config: { bytes, digest: manifest.config.digest }, manifest: undefined, layers, names: [] }
}

function checkPlatform(config: ImageConfig, wanted: Platform | undefined, title: string): void {
  const actual = platformOf(config)
  if (wanted === undefined || suitability(wanted, actual) > 0) return
  throw new SampanError(
    `${title} holds an image for ${formatPlatform(actual)}, not for ${formatPlatform(wanted)}`,
    { hint: 'leave --platform out to load it anyway' },
  )
}

/** What containerd and docker, podman and skopeo, and everybody else call an image in an index. */
function namesOf(descriptor: Descriptor): Reference[] {
  const annotations = descriptor.annotations ?? {}
  const whole = annotations['io.containerd.image.name']
  const text = whole ?? annotations['org.opencontainers.image.ref.name']
  // A mere tag (`latest`) tells no name: umoci and buildx write that.
  if (text === undefined || (whole === undefined && !/[/:]/.test(text))) return []
  try {
    return [withDefaultTag(parseReference(text))]
  } catch {
    // The specification allows any text here: an image without a name, then.
    return []
  }
}

function dockerNames(entries: readonly DockerEntry[], config: Digest): readonly Reference[] {
  return entries.filter((entry) => entry.config.includes(config.slice(7))).flatMap(({ names }) => names)
}

function unique(names: readonly Reference[]): Reference[] {
  const byText = new Map(
    names.map((name) => [JSON.stringify([name.registry, name.repository, name.tag]), name]),
  )
  return Array.from(byText.values())
}
