import { command } from '../cli/command.ts'
import { objectTypes } from '../operations/inspect.ts'
import { latest } from './container-options.ts'
import { inspectOptions, namesOrLatest, printInspected } from './inspect-options.ts'

export default command({
  names: [['inspect']],
  summary: 'Print everything about containers, images, networks and volumes as JSON',
  operands: 'NAME|ID [NAME|ID...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ["-f '{{.State.Pid}}' web", '--type image busybox'],
  options: {
    ...inspectOptions,
    latest,
    size: { type: 'boolean', short: 's', describe: "Count the bytes of a container's files" },
    type: {
      type: 'string',
      short: 't',
      value: 'TYPE',
      complete: objectTypes,
      describe: 'Only this kind of object',
    },
  },
  run: async ({ operands, options }, context) => {
    const names = await namesOrLatest(operands, options.latest, context)
    const type = options.latest ? 'container' : options.type
    return printInspected(names, { type, size: options.size }, options.format, context)
  },
})
