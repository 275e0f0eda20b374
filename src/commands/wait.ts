import { command } from '../cli/command.ts'
import { tryDuration } from '../containers/values/duration.ts'
import { usage } from '../errors.ts'
import { choose, doToEach } from '../operations/each.ts'
import { parseCondition, waitForContainer } from '../operations/wait.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['wait'], ['container', 'wait']],
  summary: 'Wait until containers have ended, and print their exit codes',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  examples: ['job', '--condition removed job'],
  options: {
    condition: {
      type: 'string',
      describe: 'What to wait for',
      complete: ['not-running', 'next-exit', 'removed', 'running', 'exited', 'stopped'],
    },
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
    const wanted = parseCondition(condition)
    return await doToEach(choose({ operands, latest }, context), ignore, context, async (container) =>
      String(await waitForContainer(container, wanted, context)),
    )
  },
})
