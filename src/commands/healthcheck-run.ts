import { command } from '../cli/command.ts'
import { choose } from '../operations/each.ts'
import { runHealthCheck } from '../operations/healthcheck.ts'

export default command({
  names: [['healthcheck', 'run']],
  summary: 'Check the health of a container now: 0 is healthy, 1 unhealthy',
  operands: 'CONTAINER',
  arity: [1, 1],
  complete: 'running-containers',
  examples: ['web'],
  failure: 125,
  options: { 'ignore-result': { type: 'boolean', describe: 'Exit with 0 when it is unhealthy, too' } },
  run: ({ options, operands }, context) => {
    for (const { find } of choose({ operands }, context)) {
      if (runHealthCheck(find(), context)) continue
      context.out.write('unhealthy\n')
      return options['ignore-result'] ? 0 : 1
    }
    return 0
  },
})
