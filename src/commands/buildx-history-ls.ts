import { command } from '../cli/command.ts'
import { pastBuilds } from '../operations/build-history.ts'
import { buildHistoryView, historyColumns } from '../output/build-history-view.ts'
import { printList } from '../output/list.ts'

export default command({
  names: [['buildx', 'history', 'ls']],
  summary: 'List the last builds',
  operands: '',
  arity: [0, 0],
  examples: ['', '--filter status=error', "--format '{{.Ref}} {{.Name}}'"],
  options: {
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
    filter: { type: 'list', describe: 'Only what matches: status=, name=', value: 'KEY=VALUE' },
    format: { type: 'string', describe: 'table, json, json-array or a Go template', value: 'FORMAT' },
    local: { type: 'boolean', describe: 'Accepted: all builds are of this machine', hidden: true },
    'no-trunc': { type: 'boolean', describe: 'Accepted: nothing is cut', hidden: true },
  },
  run: ({ options: { filter, format } }, context) => {
    printList(buildHistoryView, pastBuilds(context, filter), { format, columns: historyColumns }, context)
    return 0
  },
})
