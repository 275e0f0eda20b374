import { command } from '../cli/command.ts'
import { networkExists } from '../operations/networks.ts'

export default command({
  names: [['network', 'exists']],
  summary: 'Exit with 0 if there is a network of this name or id, with 1 if not',
  operands: 'NETWORK',
  arity: [1, 1],
  complete: 'networks',
  options: {},
  run: ({ operands: [word = ''] }, context) => (networkExists(word, context) ? 0 : 1),
})
