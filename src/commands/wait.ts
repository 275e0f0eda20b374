import { command } from '../cli/command.ts'
import { tryDuration } from '../containers/values/duration.ts'
import { usage } from '../errors.ts'
import { choose, doToEach } from '../operations/each.ts'
import { parseConditions, waitForContainer, waitForFirst, waitWords } from '../operations/wait.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['wait'], ['container', 'wait']],
  summary: 'Wait until containers have ended, and print their exit codes',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  examples: ['job', '--condition healthy db'],
  options: {
    condition: {
      type: 'list',
      describe: 'What to wait for; of several, for one',
      value: 'CONDITION',
      complete: waitWords,
    },
    'exit-first-match': { type: 'boolean', describe: 'Until one of the containers has met it' },
    ignore: { type: 'boolean', describe: 'Print -1 for a container that is not there' },
    interval: {
      type: 'string',
      short: 'i',
      describe: 'Accepted for old scripts: nothing is polled',
      hidden: true,
    },
    latest,
  },
  run: async ({ options, operands }, context) => {
    const { condition, ignore, latest, interval } = options
    if (interval !== undefined && tryDuration(interval) === undefined && !/^\d+$/.test(interval)) {
      throw usage(`invalid argument "${interval}" for "--interval"`)
    }
    const wanted = parseConditions(condition)
    const chosen = choose({ operands, latest }, context)
    if (options['exit-first-match']) {
      const found = chosen.map(({ find }) => find())
      context.out.write(`${(await waitForFirst(found, wanted)).code}\n`)
      return 0
    }
    return await doToEach(chosen, ignore && { print: '-1' }, context, async (container) =>
      String(await waitForContainer(container, wanted, context)),
    )
  },
})
