import { command } from '../cli/command.ts'
import { unshare } from '../operations/unshare.ts'

export default command({
  names: [['unshare']],
  summary: 'Run a program as the root of your containers: it may read and remove the files of their users',
  operands: '[COMMAND [ARG...]]',
  arity: [0, Number.POSITIVE_INFINITY],
  stopAtFirstOperand: true,
  failure: 125,
  examples: ['', 'rm -rf data', 'cat /proc/self/uid_map'],
  options: {},
  run: ({ operands }, context) => unshare(operands, context),
})
