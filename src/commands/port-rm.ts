import { command } from '../cli/command.ts'
import { removePorts } from '../operations/change-ports.ts'

export default command({
  names: [['port', 'rm']],
  summary: 'Take published ports of a container back, running or not',
  operands: 'CONTAINER [[IP:]HOST:]PORT[/udp] [...]',
  arity: [2, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ['web 443', 'web 8443:443'],
  options: {},
  run: ({ operands: [container = '', ...ports] }, context) => {
    removePorts(container, ports, context)
    return 0
  },
})
