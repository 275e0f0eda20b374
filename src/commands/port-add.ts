import { command } from '../cli/command.ts'
import { addPorts } from '../operations/change-ports.ts'
import { bindingsOf } from '../operations/port.ts'

export default command({
  names: [['port', 'add']],
  summary: 'Publish more ports of a container, running or not',
  operands: 'CONTAINER [IP:][HOST]:PORT[/udp] [...]',
  arity: [2, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ['web 8443:443', 'web 127.0.0.1::80'],
  options: {},
  run: ({ operands: [container = '', ...ports] }, context) => {
    const published = addPorts(container, ports, context)
    const lines = bindingsOf(published).map(({ port, address }) => `${port} -> ${address}\n`)
    context.out.write(lines.join(''))
    return 0
  },
})
