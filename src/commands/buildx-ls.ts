import { command } from '../cli/command.ts'
import { builderView, theBuilder } from '../output/builder-view.ts'
import { printList } from '../output/list.ts'

export default command({
  names: [['buildx', 'ls']],
  summary: 'List builders: there is one',
  operands: '',
  arity: [0, 0],
  options: {
    format: { type: 'string', describe: 'table, json, json-array or a Go template', value: 'FORMAT' },
  },
  run: ({ options: { format } }, context) => {
    const columns = ['Name', 'DriverEndpoint', 'Status', 'Platforms']
    printList(builderView, [theBuilder], { format, columns }, context)
    return 0
  },
})
