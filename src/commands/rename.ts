import { command } from '../cli/command.ts'
import { renameContainer } from '../operations/rename.ts'

export default command({
  names: [['rename'], ['container', 'rename']],
  summary: 'Give a container another name',
  operands: 'CONTAINER NEW_NAME',
  arity: [2, 2],
  complete: 'containers',
  examples: ['web old-web'],
  options: {},
  run: ({ operands: [from = '', to = ''] }, context) => {
    renameContainer(from, to, context)
    return 0
  },
})
