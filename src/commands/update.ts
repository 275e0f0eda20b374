import { command } from '../cli/command.ts'
import { parseRestartPolicy } from '../containers/values/policies.ts'
import { unsupported, usage } from '../errors.ts'
import { choose, doToEach } from '../operations/each.ts'
import { updateContainer } from '../operations/update.ts'
import { latest } from './container-options.ts'
import { createOptions } from './create-options.ts'
import { laterChanges } from './update-later.ts'
import { limitOptions, mergedLimits } from './update-limits.ts'

const { memory, cpus } = createOptions
const later = { type: 'string', describe: 'Not supported', hidden: true } as const

export default command({
  names: [['update'], ['container', 'update']],
  summary: 'Change limits, restart policy, variables and health check of containers',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ['-e LEVEL=debug web', '--restart on-failure:3 web', '-m 512m --cpus 1.5 web'],
  options: {
    'blkio-weight': later,
    'cpu-period': createOptions['cpu-period'],
    'cpu-quota': createOptions['cpu-quota'],
    'cpu-shares': createOptions['cpu-shares'],
    cpus,
    'cpuset-cpus': createOptions['cpuset-cpus'],
    'cpuset-mems': createOptions['cpuset-mems'],
    env: createOptions.env,
    'health-cmd': createOptions['health-cmd'],
    'health-interval': createOptions['health-interval'],
    'health-on-failure': createOptions['health-on-failure'],
    'health-retries': createOptions['health-retries'],
    'health-start-interval': createOptions['health-start-interval'],
    'health-start-period': createOptions['health-start-period'],
    'health-timeout': createOptions['health-timeout'],
    latest,
    memory,
    'memory-reservation': createOptions['memory-reservation'],
    'memory-swap': createOptions['memory-swap'],
    'no-healthcheck': { type: 'boolean', describe: 'Have no health check any more' },
    'pids-limit': createOptions['pids-limit'],
    restart: {
      type: 'string',
      describe: 'What to do when it exits',
      complete: createOptions.restart.complete,
    },
    ulimit: createOptions.ulimit,
    unsetenv: { type: 'list', describe: 'Take one of its variables away', value: 'KEY' },
  },
  run: async ({ options, operands }, context) => {
    if (options['blkio-weight'] !== undefined)
      throw unsupported('update --blkio-weight', 'a plain user has no block I/O controller here')
    const restart = options.restart === undefined ? undefined : parseRestartPolicy(options.restart)
    const limited = limitOptions.some((name) => options[name] !== undefined)
    const later = laterChanges(options, context)
    if (restart === undefined && !limited && later === undefined)
      throw usage('you must provide one or more flags when using this command')
    const merged = mergedLimits(options)
    const code = await doToEach(
      choose({ operands, latest: options.latest }, context),
      false,
      context,
      (container, word) => {
        const update = { restart, limits: limited ? merged : undefined, later }
        if (updateContainer(container, update))
          context.out.note(`${word}: variables, health check and ulimits change with its next start`)
        return word
      },
    )
    if (restart !== undefined) (await import('../operations/boot.ts')).ensureBoot(restart, context)
    return code
  },
})
