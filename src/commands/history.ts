import { command } from '../cli/command.ts'
import { history } from '../operations/history.ts'
import { historyColumns, historyView } from '../output/history-view.ts'
import { printList } from '../output/list.ts'

export default command({
  names: [['history'], ['image', 'history']],
  summary: 'Show how an image was made',
  operands: 'IMAGE',
  arity: [1, 1],
  complete: 'images',
  examples: ['busybox', '--no-trunc web:1', "--format '{{.Size}} {{.CreatedBy}}' web:1"],
  options: {
    format: { type: 'string', value: 'FORMAT', describe: 'table, json, json-array or a Go template' },
    human: { type: 'boolean', short: 'H', default: true, describe: 'Round sizes and times' },
    'no-trunc': { type: 'boolean', describe: 'Do not shorten cells' },
    platform: {
      type: 'string',
      value: 'OS/ARCH[/VARIANT]',
      describe: 'Refuse an image for another platform',
    },
    quiet: { type: 'boolean', short: 'q', describe: 'Show only image ids' },
  },
  run: (input, context) => {
    const { format, human, quiet } = input.options
    printList(
      historyView(human),
      history(input, context),
      { format, columns: historyColumns, quiet, noTrunc: input.options['no-trunc'] },
      context,
    )
    return 0
  },
})
