import { command } from '../cli/command.ts'
import { removeManifests } from '../operations/manifest.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [['manifest', 'rm']],
  summary: 'Remove lists; the images they list stay',
  operands: 'LIST [LIST...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['app:1'],
  options: {
    'dry-run': pruneOptions['dry-run'],
    ignore: { type: 'boolean', short: 'i', describe: 'Say nothing of lists that are not there' },
  },
  run: (input, context) => removeManifests(input, context),
})
