import { command } from '../cli/command.ts'
import { listNetworks } from '../operations/networks.ts'
import { printList } from '../output/list.ts'
import { networkColumns, networkView } from '../output/network-view.ts'
import { preference } from '../platform/host/preferences.ts'

export default command({
  names: [
    ['network', 'ls'],
    ['network', 'list'],
  ],
  summary: 'List networks',
  operands: '',
  arity: [0, 0],
  examples: ['', '-q -f dangling=true', "--format '{{.Name}} {{.Driver}}'"],
  options: {
    filter: { type: 'list', short: 'f', describe: 'Only networks that match', value: 'KEY=VALUE' },
    format: { type: 'string', describe: 'table, json, json-array or a Go template', value: 'FORMAT' },
    'no-trunc': { type: 'boolean', describe: 'Show whole ids' },
    noheading: { type: 'boolean', short: 'n', describe: 'No line of headings' },
    quiet: { type: 'boolean', short: 'q', describe: 'Only ids' },
  },
  run: ({ options }, context) => {
    const { filter, quiet } = options
    const { directories, environment } = context
    const format =
      options.format ?? (quiet ? undefined : preference('networksFormat', directories, environment))
    printList(
      networkView,
      listNetworks(filter, context),
      { format, columns: networkColumns, quiet, noTrunc: options['no-trunc'], noHeading: options.noheading },
      context,
    )
    return 0
  },
})
