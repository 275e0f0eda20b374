import { command } from '../cli/command.ts'
import { listSecrets } from '../operations/secrets.ts'
import { printList } from '../output/list.ts'
import { secretColumns, secretView } from '../output/secret-view.ts'

export default command({
  names: [
    ['secret', 'ls'],
    ['secret', 'list'],
  ],
  summary: 'List secrets, not what they say',
  operands: '',
  arity: [0, 0],
  examples: ['', '-q -f name=db', "--format '{{.ID}} {{.Name}}'"],
  options: {
    filter: { type: 'list', short: 'f', describe: 'Only secrets that match', value: 'KEY=VALUE' },
    format: { type: 'string', describe: 'table, json, json-array or a Go template', value: 'FORMAT' },
    noheading: { type: 'boolean', short: 'n', describe: 'No line of headings' },
    quiet: { type: 'boolean', short: 'q', describe: 'Only ids' },
  },
  run: ({ options: { filter, format, noheading, quiet } }, context) => {
    const style = { format, columns: secretColumns, quiet, noHeading: noheading }
    printList(secretView, listSecrets(filter, context), style, context)
    return 0
  },
})
