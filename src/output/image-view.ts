/** How `images` shows its rows: the classic table, templates, JSON, and the tree of names and platforms. */
import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import { ImageStore } from '../images/store.ts'
import { platformOf } from '../oci/image-config.ts'
import { formatPlatform } from '../oci/platform.ts'
import { familiarName, familiarRepository } from '../oci/reference.ts'
import type { ImageRow } from '../operations/image-rows.ts'
import { createdTime, isDangling, none, readable } from '../operations/image-rows.ts'
import { usedImages } from '../operations/images.ts'
import { preference } from '../platform/host/preferences.ts'
import { humanAgo, humanSize, humanTimestamp, shortId } from './human.ts'
import { printList } from './list.ts'
import { layOutTable } from './table.ts'
import type { Field, View } from './view.ts'

export interface ImageListOptions {
  readonly digests: boolean
  readonly format: string | undefined
  readonly noheading: boolean
  readonly 'no-trunc': boolean
  readonly quiet: boolean
  readonly sort: string | undefined
  readonly tree: boolean
}

const size = ({ image }: ImageRow) => humanSize(readable(() => image.size) ?? 0)
const labels = ({ image }: ImageRow) => readable(() => image.config.config.Labels) ?? {}
const podman = (value: Field<ImageRow>['value']): Field<ImageRow> => ({ heading: '', value, inJson: false })

/** Strings everywhere, as Docker's list has them; podman's names of the same things are for templates only. */
export const imageView: View<ImageRow> = {
  fields: {
    ID: { heading: 'IMAGE ID', value: ({ image }, style) => (style.truncate ? shortId(image.id) : image.id) },
    Repository: { heading: 'REPOSITORY', value: (row) => row.repository },
    Tag: { heading: 'TAG', value: (row) => row.tag },
    Digest: { heading: 'DIGEST', value: (row) => row.digest },
    CreatedSince: { heading: 'CREATED', value: ({ image }) => created(image, humanAgo) },
    CreatedAt: { heading: 'CREATED AT', value: ({ image }) => created(image, humanTimestamp) },
    Size: { heading: 'SIZE', value: size },
    VirtualSize: { heading: 'SIZE', value: size },
    Containers: { heading: 'CONTAINERS', value: () => 'N/A' },
    SharedSize: { heading: 'SHARED SIZE', value: () => 'N/A' },
    UniqueSize: { heading: 'UNIQUE SIZE', value: () => 'N/A' },
    Created: podman(({ image }) => created(image, humanAgo)),
    CreatedTime: podman(({ image }) => created(image, humanTimestamp)),
    Dangling: podman(({ image }) => isDangling(image)),
    History: podman(({ image }) => image.names.filter(({ tag }) => tag !== undefined).map(familiarName)),
    Id: podman(({ image }) => image.id.slice(7)),
    Labels: podman(labels),
    Names: podman(({ image }) => image.names.filter(({ tag }) => tag !== undefined).map(familiarName)),
    ParentId: podman(() => ''),
    ReadOnly: podman(() => false),
    RepoDigests: podman(({ image }) =>
      image.names.flatMap((name) =>
        name.digest === undefined ? [] : [`${familiarRepository(name)}@${name.digest}`],
      ),
    ),
    RepoTags: podman(({ image }) => image.names.filter(({ tag }) => tag !== undefined).map(familiarName)),
  },
  methods: { Label: (row, key) => labels(row)[key ?? ''] ?? '' },
}

function created(image: ImageRow['image'], show: (time: number) => string): string {
  const time = Date.parse(readable(() => image.config.created) ?? '')
  return Number.isNaN(time) ? 'N/A' : show(time)
}

/** @returns the exit code */
export function printImages(rows: readonly ImageRow[], options: ImageListOptions, context: Context): number {
  const sorted = sort(rows, options.sort)
  if (options.tree) {
    printTree(sorted, options, context)
    return 0
  }
  const { directories, environment } = context
  const configured = options.quiet ? undefined : preference('imagesFormat', directories, environment)
  const columns = ['Repository', 'Tag', ...(options.digests ? ['Digest'] : []), 'ID', 'CreatedSince', 'Size']
  printList(
    imageView,
    // One line an image: a script that removes each id meets it once.
    options.quiet && options.format === undefined ? onePerImage(sorted) : sorted,
    {
      format: options.format ?? configured,
      columns,
      quiet: options.quiet,
      noTrunc: options['no-trunc'],
      noHeading: options.noheading,
    },
    context,
  )
  return 0
}

function onePerImage(rows: readonly ImageRow[]): ImageRow[] {
  return rows.filter((row, at) => rows.findIndex(({ image }) => image.id === row.image.id) === at)
}

/** podman's `--sort`; without it newest first, as the rows come. */
function sort(rows: readonly ImageRow[], by: string | undefined): ImageRow[] {
  const keys: Readonly<Record<string, (row: ImageRow) => string | number>> = {
    created: ({ image }) => -createdTime(image),
    id: ({ image }) => image.id,
    repository: (row) => row.repository,
    size: ({ image }) => readable(() => image.size) ?? 0,
    tag: (row) => row.tag,
  }
  if (by === undefined) return [...rows]
  const key = Object.hasOwn(keys, by) ? keys[by] : undefined
  if (key === undefined) throw usage(`invalid option for --sort: "${by}"`, Object.keys(keys).join(', '))
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}

/** Docker's newer view: what an image takes on disk and over the wire, `U` where a container uses it. */
function printTree(rows: readonly ImageRow[], options: ImageListOptions, context: Context): void {
  const store = new ImageStore(context.directories)
  const used = usedImages(context)
  const lines = options.noheading ? [] : ['IMAGE\tID\tDISK USAGE\tCONTENT SIZE\tEXTRA\n']
  for (const row of onePerImage(rows)) {
    const { image } = row
    const names = rows.filter((other) => other.image.id === image.id).map(nameOf)
    const disk = readable(() => image.size) ?? 0
    const content = readable(() => contentSize(store, row)) ?? 0
    const id = options['no-trunc'] ? image.id : shortId(image.id)
    const cells = `${humanSize(disk + content)}\t${humanSize(content)}\t${used.has(image.id) ? 'U' : ''}\n`
    names.forEach((name, at) => {
      lines.push(at === 0 ? `${name}\t${id}\t${cells}` : `${name}\t${id}\t\t\t\n`)
    })
    const platform = readable(() => formatPlatform(platformOf(image.config))) ?? 'damaged'
    lines.push(`└─ ${platform}\t${options['no-trunc'] ? image.manifest : shortId(image.manifest)}\t${cells}`)
  }
  context.out.write(layOutTable(lines.join('')))
}

function nameOf({ repository, tag, digest }: ImageRow): string {
  if (tag !== none) return `${repository}:${tag}`
  return digest === none ? '<untagged>' : `${repository}@${digest.slice(0, 19)}`
}

/** Bytes of manifest, configuration and compressed layers. */
function contentSize(store: ImageStore, { image }: ImageRow): number {
  const manifest = store.readManifest(image.manifest)
  return manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size)
}
