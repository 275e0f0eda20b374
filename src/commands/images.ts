import { command } from '../cli/command.ts'
import { listImages } from '../operations/images.ts'
import { printImages } from '../output/image-view.ts'
import { refusals } from './refusals.ts'

const { options: refusedOptions, refuse } = refusals({
  history: ['switch', 'names that an image had are not kept; `history IMAGE` shows how it was made'],
})

const SUBCOMMANDS = /^(build|history|import|inspect|list|load|ls|prune|pull|push|rm|save|tag)$/

export default command({
  names: [['images'], ['image', 'ls'], ['image', 'list']],
  summary: 'List images',
  operands: '[REPOSITORY[:TAG]]',
  arity: [0, 1],
  complete: 'images',
  examples: [
    '',
    '-q -f dangling=true',
    "--format '{{.Repository}}:{{.Tag}} {{.Size}}'",
    "'localhost:5000/*'",
  ],
  options: {
    all: {
      type: 'boolean',
      short: 'a',
      describe: 'Show all images (images here have no hidden intermediate ones)',
    },
    digests: { type: 'boolean', describe: 'Show digests' },
    filter: {
      type: 'list',
      short: 'f',
      value: 'KEY=VALUE',
      describe:
        'Show images that match: dangling, label, before, since, until, reference, id, digest, containers',
    },
    format: {
      type: 'string',
      value: 'FORMAT',
      describe: "'table', 'table TEMPLATE', 'json', 'json-array', or a Go template",
    },
    ...refusedOptions,
    noheading: { type: 'boolean', short: 'n', describe: 'Leave the heading line out' },
    'no-trunc': { type: 'boolean', describe: 'Show whole ids' },
    quiet: { type: 'boolean', short: 'q', describe: 'Show only image ids' },
    sort: {
      type: 'string',
      value: 'KEY',
      complete: ['created', 'id', 'repository', 'size', 'tag'],
      describe: 'Sort by created, id, repository, size or tag',
    },
    tree: { type: 'boolean', describe: 'Show names, platforms and disk usage as a tree' },
  },
  run: (input, context) => {
    refuse(input.options)
    const rows = listImages(input, context)
    const [pattern] = input.operands
    // `images` takes a name; people who mean `image ls` and the like would see an empty list.
    if (rows.length === 0 && pattern !== undefined && SUBCOMMANDS.test(pattern)) {
      const meant = `${context.dialect} image ${pattern}`
      context.out.note(`No images found matching "${pattern}": did you mean "${meant}"?`)
    }
    return printImages(rows, input.options, context)
  },
})
