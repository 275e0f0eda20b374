import { command } from '../cli/command.ts'
import { inspectOptions, printInspected } from './inspect-options.ts'

export default command({
  names: [['network', 'inspect']],
  summary: 'Print everything about networks as JSON',
  operands: 'NETWORK [NETWORK...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'networks',
  examples: ["-f '{{range .IPAM.Config}}{{.Subnet}}{{end}}' bridge"],
  options: {
    ...inspectOptions,
    verbose: { type: 'boolean', short: 'v', describe: 'Accepted: nothing is left out', hidden: true },
  },
  run: ({ operands, options }, context) =>
    printInspected(operands, { type: 'network', size: false }, options.format, context),
})
