import { command } from '../cli/command.ts'
import { disconnect } from '../operations/connect.ts'

export default command({
  names: [['network', 'disconnect']],
  summary: 'Take a container off a network, running or not',
  operands: 'NETWORK CONTAINER',
  arity: [2, 2],
  complete: 'networks',
  examples: ['mynet web'],
  options: {
    force: { type: 'boolean', short: 'f', describe: 'No error where it is not on the network' },
  },
  run: ({ options, operands: [network = '', container = ''] }, context) => {
    disconnect(network, container, options.force, context)
    return 0
  },
})
