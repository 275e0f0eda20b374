/** `image tree`, as podman draws it: the lowest layer first. */
import type { Context } from '../cli/context.ts'
import type { Dependant, ImageTree, TreeLayer } from '../operations/image-tree.ts'
import { humanSize, shortId } from './human.ts'

export function printImageTree(tree: ImageTree, context: Context): void {
  const lines = tree.layers.map((layer, at) => `${branch(at, tree.layers)} ${layerLine(layer)}`)
  const body = lines.length > 0 ? ['Image layers', ...lines] : ['No Image Layers']
  context.out.write(`${[...head(tree), ...body].join('\n')}\n`)
}

/** `--whatrequires`: the images on top of this one, each with the layers it adds. */
export function printDependants(tree: ImageTree, dependants: readonly Dependant[], context: Context): void {
  const lines = dependants.flatMap(({ id, tags, layers }, at) => {
    const stem = at === dependants.length - 1 ? '    ' : '│   '
    const own = layers.map((layer, row) => `${stem}${branch(row, layers)} ${layerLine(layer)}`)
    return [`${branch(at, dependants)} Image: ${shortId(id)} [${tags.join(' ')}]`, ...own]
  })
  const body = lines.length > 0 ? ['Images on top', ...lines] : ['No Images on top']
  context.out.write(`${[...head(tree), ...body].join('\n')}\n`)
}

function head({ id, tags, size }: ImageTree): string[] {
  return [`Image ID: ${shortId(id)}`, `Tags:     [${tags.join(' ')}]`, `Size:     ${humanSize(size)}`]
}

function branch(at: number, { length }: { readonly length: number }): string {
  return at === length - 1 ? '└──' : '├──'
}

function layerLine({ diffId, size, topOf }: TreeLayer): string {
  const top = topOf.length > 0 ? ` Top Layer of: [${topOf.join(' ')}]` : ''
  return `ID: ${shortId(diffId)} Size: ${humanSize(size).padStart(7)}${top}`
}
