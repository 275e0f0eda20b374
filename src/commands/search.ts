import { command } from '../cli/command.ts'
import { search } from '../operations/search.ts'
import { printList } from '../output/list.ts'
import { searchColumns, searchView, tagColumns } from '../output/search-view.ts'
import { accessOptions } from './registry-options.ts'

export default command({
  names: [['search'], ['image', 'search']],
  summary: 'Find images on Docker Hub or another registry',
  operands: '[REGISTRY/]WORD',
  arity: [1, 1],
  examples: [
    'nginx',
    '--filter is-official=true debian',
    'localhost:5000/',
    '--list-tags quay.io/centos/centos',
  ],
  options: {
    ...accessOptions,
    compatible: { type: 'boolean', hidden: true, describe: 'Accepted: all columns are always shown' },
    filter: {
      type: 'list',
      short: 'f',
      value: 'KEY=VALUE',
      describe: 'Show those that match: stars=N, is-official=true, is-automated=true',
    },
    format: { type: 'string', value: 'FORMAT', describe: 'table, json, json-array or a Go template' },
    limit: { type: 'integer', value: 'N', describe: 'At most so many (25)' },
    'list-tags': { type: 'boolean', describe: 'List the tags of this repository instead' },
    'no-trunc': { type: 'boolean', describe: 'Do not shorten descriptions' },
  },
  run: async (input, context) => {
    const { format } = input.options
    const columns = input.options['list-tags'] ? tagColumns : searchColumns
    const rows = await search(input, context)
    printList(searchView, rows, { format, columns, noTrunc: input.options['no-trunc'] }, context)
    return 0
  },
})
