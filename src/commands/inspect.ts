import { command } from '../cli/command.ts'
import { objectTypes } from '../operations/inspect.ts'
import { inspectOptions, printInspected } from './inspect-options.ts'

export default command({
  names: [['inspect']],
  summary: 'Print everything about containers, images, networks and volumes as JSON',
  operands: 'NAME|ID [NAME|ID...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ["-f '{{.State.Pid}}' web", '--type image busybox'],
  options: {
    ...inspectOptions,
    size: { type: 'boolean', short: 's', describe: "Count the bytes of a container's files" },
    type: {
      type: 'string',
      short: 't',
      value: 'TYPE',
      complete: objectTypes,
      describe: 'Only this kind of object',
    },
  },
  run: ({ operands, options }, context) =>
    printInspected(operands, { type: options.type, size: options.size }, options.format, context),
})
