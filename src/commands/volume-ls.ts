import { command } from '../cli/command.ts'
import { listVolumes } from '../operations/volumes.ts'
import { printList } from '../output/list.ts'
import { volumeColumns, volumeView } from '../output/volume-view.ts'

export default command({
  names: [
    ['volume', 'ls'],
    ['volume', 'list'],
  ],
  summary: 'List volumes',
  operands: '',
  arity: [0, 0],
  examples: ['', '-q -f dangling=true', "--format '{{.Name}} {{.Mountpoint}}'"],
  options: {
    filter: { type: 'list', short: 'f', describe: 'Only volumes that match', value: 'KEY=VALUE' },
    format: { type: 'string', describe: 'table, json, json-array or a Go template', value: 'FORMAT' },
    noheading: { type: 'boolean', short: 'n', describe: 'No line of headings' },
    quiet: { type: 'boolean', short: 'q', describe: 'Only names' },
  },
  run: ({ options: { filter, format, noheading, quiet } }, context) => {
    printList(
      volumeView,
      listVolumes(filter, context),
      { format, columns: volumeColumns, quiet, quietField: 'Name', noHeading: noheading },
      context,
    )
    return 0
  },
})
