import { command } from '../cli/command.ts'
import { cacheFilters, cacheUsage } from '../operations/build-cache.ts'
import { printCacheUsage } from '../output/cache-view.ts'

export default command({
  names: [
    ['builder', 'du'],
    ['buildx', 'du'],
  ],
  summary: 'Show what builds have kept',
  operands: '',
  arity: [0, 0],
  examples: ['', '--filter unused-for=24h', "--format '{{.ID}} {{.Size}}'"],
  options: {
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
    filter: {
      type: 'list',
      describe: `Only what matches: ${cacheFilters.join(', ')}`,
      value: 'KEY=VALUE',
    },
    format: { type: 'string', describe: 'table, json, json-array or a Go template', value: 'FORMAT' },
    timeout: { type: 'string', describe: 'Accepted: there is no builder to wait for', hidden: true },
    verbose: { type: 'boolean', describe: 'Whole ids and descriptions' },
  },
  run: ({ options: { filter, format, verbose } }, context) => {
    printCacheUsage(cacheUsage(filter, context), { format, verbose }, context)
    return 0
  },
})
