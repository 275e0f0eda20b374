import { command } from '../cli/command.ts'
import { manifestExists } from '../operations/manifest.ts'

export default command({
  names: [['manifest', 'exists']],
  summary: 'Tell by the exit code whether a list is here',
  operands: 'LIST',
  arity: [1, 1],
  complete: 'images',
  examples: ['app:1'],
  options: {},
  run: (input, context) => manifestExists(input, context),
})
