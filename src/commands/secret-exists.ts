import { command } from '../cli/command.ts'
import { secretExists } from '../operations/secrets.ts'

export default command({
  names: [['secret', 'exists']],
  summary: 'Tell by the exit code whether there is such a secret: 0 or 1',
  operands: 'SECRET',
  arity: [1, 1],
  examples: ['db-password'],
  options: {},
  run: ({ operands: [word = ''] }, context) => (secretExists(word, context) ? 0 : 1),
})
