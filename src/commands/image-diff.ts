import { command } from '../cli/command.ts'
import { diffImage } from '../operations/image-diff.ts'
import { printChanges } from '../output/changes-view.ts'

export default command({
  names: [['image', 'diff']],
  summary: 'Show the files an image changed of the one below it, or of another',
  operands: 'IMAGE [IMAGE]',
  arity: [1, 2],
  complete: 'images',
  examples: ['web:2', 'web:2 web:1', '--format json web:2'],
  options: { format: { type: 'string', value: 'FORMAT', default: '', complete: ['json'], describe: 'json' } },
  run: async ({ options, operands }, context) => {
    printChanges(await diffImage(operands, context), options.format, context)
    return 0
  },
})
