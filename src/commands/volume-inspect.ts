import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { listVolumes } from '../operations/volumes.ts'
import { inspectOptions, printInspected } from './inspect-options.ts'

export default command({
  names: [['volume', 'inspect']],
  summary: 'Print everything about volumes as JSON',
  operands: 'VOLUME [VOLUME...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'volumes',
  examples: ['data', "-f '{{.Mountpoint}}' data"],
  options: { all: { type: 'boolean', short: 'a', describe: 'All volumes' }, ...inspectOptions },
  run: ({ operands, options: { all, format } }, context) => {
    if (all === operands.length > 0) throw usage('give volumes by name, or --all')
    const names = all ? listVolumes([], context).map(({ volume }) => volume.name) : operands
    return printInspected(names, { type: 'volume', size: false }, format, context)
  },
})
