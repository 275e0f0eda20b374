import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { choose } from '../operations/each.ts'
import { candidates, watchUsage } from '../operations/stats.ts'
import { printList } from '../output/list.ts'
import { statsColumns, statsView } from '../output/stats-view.ts'
import { latest } from './container-options.ts'

/** To the upper left corner, and nothing below. */
const CLEAR = '\x1b[H\x1b[J'

export default command({
  names: [['stats'], ['container', 'stats']],
  summary: 'Show what containers use: processor, memory, network, disk',
  operands: '[CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  examples: ['', '--no-stream web', "--no-stream --format '{{.Name}} {{.MemUsage}}'"],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Also those that do not run' },
    format: { type: 'string', describe: 'table, json, json-array or a Go template', value: 'FORMAT' },
    interval: { type: 'integer', short: 'i', default: 1, describe: 'Seconds between two looks' },
    latest,
    'no-reset': { type: 'boolean', describe: 'Do not clear the screen between two looks' },
    'no-stream': { type: 'boolean', describe: 'Look once' },
    'no-trunc': { type: 'boolean', describe: 'Do not shorten ids' },
  },
  run: async ({ options, operands }, context) => {
    const { all, format, interval, latest } = options
    if (interval < 1) throw usage('--interval must be 1 or more')
    const named =
      operands.length > 0 || latest
        ? choose({ operands, latest }, context).map(({ find }) => find())
        : undefined
    // One that is removed meanwhile is no longer looked at.
    const chosen = () => named?.filter((container) => container.exists()) ?? candidates(all, context)
    const once = options['no-stream']
    const clear = context.out.terminal && !once && !options['no-reset']
    for await (const round of watchUsage(chosen, { interval: interval * 1000, once })) {
      if (clear) context.out.write(CLEAR)
      printList(statsView, round, { format, columns: statsColumns, noTrunc: options['no-trunc'] }, context)
      if (context.out.closed) break
    }
    return 0
  },
})
