import { command } from '../cli/command.ts'
import { findBuild } from '../operations/build-history.ts'
import { buildHistoryView, buildText } from '../output/build-history-view.ts'
import { printList } from '../output/list.ts'

export default command({
  names: [['buildx', 'history', 'inspect']],
  summary: 'Show what is known of a build: the latest, or one by its id or ^N',
  operands: '[BUILD]',
  arity: [0, 1],
  examples: ['', '^1', '--format json'],
  options: {
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
    format: { type: 'string', describe: 'pretty, json or a Go template', value: 'FORMAT' },
  },
  run: ({ operands: [which], options: { format } }, context) => {
    const build = findBuild(which, context)
    if (format === undefined || format === 'pretty') context.out.write(buildText(build))
    else if (format === 'json') context.out.write(`${JSON.stringify(build, undefined, 2)}\n`)
    else printList(buildHistoryView, [build], { format, columns: [] }, context)
    return 0
  },
})
