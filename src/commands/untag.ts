import { command } from '../cli/command.ts'
import { untag } from '../operations/untag.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [['untag'], ['image', 'untag']],
  summary: 'Take names away from an image; the image stays',
  operands: 'IMAGE [NAME[:TAG]...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['web:old', '3f57d9401f8d web:1 web:latest'],
  options: { 'dry-run': pruneOptions['dry-run'] },
  run: (input, context) => untag(input, context),
})
