import { command } from '../cli/command.ts'
import { inspectOptions, printInspected } from './inspect-options.ts'

export default command({
  names: [['container', 'inspect']],
  summary: 'Print everything about containers as JSON',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'containers',
  options: {
    ...inspectOptions,
    size: { type: 'boolean', short: 's', describe: "Count the bytes of a container's files" },
  },
  run: ({ operands, options }, context) =>
    printInspected(operands, { type: 'container', size: options.size }, options.format, context),
})
