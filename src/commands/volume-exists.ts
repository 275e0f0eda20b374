import { command } from '../cli/command.ts'
import { volumeExists } from '../operations/volumes.ts'

export default command({
  names: [['volume', 'exists']],
  summary: 'Tell by the exit code whether there is such a volume: 0 or 1',
  operands: 'VOLUME',
  arity: [1, 1],
  complete: 'volumes',
  examples: ['data'],
  options: {},
  run: ({ operands: [name = ''] }, context) => (volumeExists(name, context) ? 0 : 1),
})
