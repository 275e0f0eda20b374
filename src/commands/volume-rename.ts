import { command } from '../cli/command.ts'
import { renameVolume } from '../operations/volumes.ts'

export default command({
  names: [['volume', 'rename']],
  summary: 'Give a volume that no container has another name',
  operands: 'VOLUME NEW_NAME',
  arity: [2, 2],
  complete: 'volumes',
  examples: ['data old-data'],
  options: {},
  run: ({ operands: [from = '', to = ''] }, context) => {
    renameVolume(from, to, context)
    return 0
  },
})
