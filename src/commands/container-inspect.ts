import { command } from '../cli/command.ts'
import { latest } from './container-options.ts'
import { inspectOptions, namesOrLatest, printInspected } from './inspect-options.ts'

export default command({
  names: [['container', 'inspect']],
  summary: 'Print everything about containers as JSON',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  options: {
    ...inspectOptions,
    latest,
    size: { type: 'boolean', short: 's', describe: "Count the bytes of a container's files" },
  },
  run: async ({ operands, options }, context) => {
    const names = await namesOrLatest(operands, options.latest, context)
    return printInspected(names, { type: 'container', size: options.size }, options.format, context)
  },
})
