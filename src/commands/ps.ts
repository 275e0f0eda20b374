import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import { sizes } from '../operations/container-sizes.ts'
import { listContainers } from '../operations/list.ts'
import { containerColumns, containerView } from '../output/container-view.ts'
import { printList } from '../output/list.ts'
import { preference } from '../platform/host/preferences.ts'

export default command({
  names: [['ps'], ['container', 'ls'], ['container', 'list'], ['container', 'ps']],
  summary: 'List containers',
  operands: '',
  arity: [0, 0],
  examples: ['-a', '-q -f status=exited', "--format '{{.Names}}: {{.Status}}'"],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Also those that do not run' },
    external: { type: 'boolean', describe: 'Not supported', hidden: true },
    filter: { type: 'list', short: 'f', describe: 'Only containers that match', value: 'KEY=VALUE' },
    format: { type: 'string', describe: 'table, json, json-array or a Go template', value: 'FORMAT' },
    last: { type: 'integer', short: 'n', default: -1, describe: 'The last N made, running or not' },
    latest: { type: 'boolean', short: 'l', describe: 'The one made last, running or not' },
    namespace: { type: 'boolean', aliases: ['ns'], describe: 'Not supported', hidden: true },
    'no-trunc': { type: 'boolean', describe: 'Do not shorten cells' },
    noheading: { type: 'boolean', describe: 'No line of headings' },
    pod: { type: 'boolean', short: 'p', describe: 'Not supported', hidden: true },
    quiet: { type: 'boolean', short: 'q', describe: 'Only ids' },
    size: { type: 'boolean', short: 's', describe: 'Count the bytes of their files' },
    sort: {
      type: 'string',
      default: 'created',
      describe: 'Order of the lines',
      complete: ['command', 'created', 'id', 'image', 'names', 'runningfor', 'status'],
    },
    sync: { type: 'boolean', describe: 'Accepted: states are always read anew', hidden: true },
    watch: { type: 'integer', short: 'w', describe: 'Not supported', hidden: true },
  },
  run: ({ options }, context) => {
    const { all, filter, latest, last, quiet, size, sort } = options
    const { directories, environment } = context
    const format = options.format ?? (quiet ? undefined : preference('psFormat', directories, environment))
    if (options.watch !== undefined) throw unsupported('ps --watch', 'watch -n 2 sampan ps')
    if (options.external) throw unsupported('ps --external', 'there are no other containers in this store')
    if (options.namespace) throw unsupported('ps --namespace', 'inspect shows State.Pid: lsns -p PID')
    if (options.pod) throw unsupported('ps --pod', 'there are no pods')
    const rows = listContainers({ all, filter, last: latest ? 1 : last, sort }, context)
    const withSize = size || /\.Size|\bjson \./.test(format ?? '')
    printList(
      containerView,
      withSize ? rows.map((row) => ({ ...row, size: sizes(row.container, context) })) : rows,
      {
        format,
        columns: size ? [...containerColumns, 'Size'] : containerColumns,
        quiet,
        quietWins: true,
        noTrunc: options['no-trunc'],
        noHeading: options.noheading,
      },
      context,
    )
    return 0
  },
})
