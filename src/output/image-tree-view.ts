/** `image tree`, as podman draws it: the lowest layer first. */
import type { Context } from '../cli/context.ts'
import type { ImageTree } from '../operations/image-tree.ts'
import { humanSize, shortId } from './human.ts'

export function printImageTree({ id, tags, size, layers }: ImageTree, context: Context): void {
  const head = [`Image ID: ${shortId(id)}`, `Tags:     [${tags.join(' ')}]`, `Size:     ${humanSize(size)}`]
  const lines = layers.map(({ diffId, size, topOf }, at) => {
    const branch = at === layers.length - 1 ? '└──' : '├──'
    const top = topOf.length > 0 ? ` Top Layer of: [${topOf.join(' ')}]` : ''
    return `${branch} ID: ${shortId(diffId)} Size: ${humanSize(size).padStart(7)}${top}`
  })
  const body = lines.length > 0 ? ['Image layers', ...lines] : ['No Image Layers']
  context.out.write(`${[...head, ...body].join('\n')}\n`)
}
