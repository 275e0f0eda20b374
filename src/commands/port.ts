import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { choose } from '../operations/each.ts'
import { addressesOf, portBindings, unreachablePorts } from '../operations/port.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['port'], ['container', 'port']],
  summary: 'Show where on the host ports of a container are published',
  operands: 'CONTAINER [PORT[/PROTOCOL]]',
  arity: [0, 2],
  complete: 'running-containers',
  examples: ['web', 'web 80', 'dns 53/udp', '--all'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Of all containers, each line with its id' },
    latest,
  },
  run: ({ options: { all, latest }, operands }, context) => {
    const named = latest ? [] : operands.slice(0, 1)
    const wanted = latest ? operands[0] : operands[1]
    if (latest && operands.length > 1) throw usage('give a container, or --latest')
    for (const { find } of choose({ operands: named, all, latest }, context)) {
      const container = find()
      const lines =
        wanted === undefined
          ? portBindings(container).map(({ port, address }) => `${port} -> ${address}`)
          : addressesOf(container, wanted)
      const prefix = all ? `${container.id.slice(0, 12)}\t` : ''
      context.out.write(lines.map((line) => `${prefix}${line}\n`).join(''))
      for (const sentence of unreachablePorts(container)) context.out.note(`WARNING: ${sentence}`)
    }
    return 0
  },
})
