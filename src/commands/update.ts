import { command } from '../cli/command.ts'
import type { Limits } from '../containers/record.ts'
import { parseRestartPolicy } from '../containers/values/policies.ts'
import { unsupported, usage } from '../errors.ts'
import { choose, doToEach } from '../operations/each.ts'
import { updateContainer } from '../operations/update.ts'
import { latest } from './container-options.ts'
import { limits } from './create-limits.ts'
import { createOptions } from './create-options.ts'

const { memory, cpus } = createOptions
const later = { type: 'string', describe: 'Not supported', hidden: true } as const
const AGAIN = 'make the container again with `run --replace`'
/** What podman's update knows besides. */
const refused = {
  'blkio-weight': later,
  'cpuset-mems': later,
  'health-cmd': later,
  'health-interval': later,
  'health-retries': later,
  'health-start-period': later,
  'health-timeout': later,
  'memory-reservation': later,
  ulimit: later,
  unsetenv: later,
} as const

export default command({
  names: [['update'], ['container', 'update']],
  summary: 'Change the limits and the restart policy of containers',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ['--restart on-failure:3 web', '-m 512m --cpus 1.5 web'],
  options: {
    'cpu-period': createOptions['cpu-period'],
    'cpu-quota': createOptions['cpu-quota'],
    'cpu-shares': createOptions['cpu-shares'],
    cpus,
    'cpuset-cpus': createOptions['cpuset-cpus'],
    env: { ...later, short: 'e' },
    latest,
    memory,
    'memory-swap': createOptions['memory-swap'],
    'no-healthcheck': { type: 'boolean', describe: 'Not supported', hidden: true },
    'pids-limit': createOptions['pids-limit'],
    restart: {
      type: 'string',
      describe: 'What to do when it exits',
      complete: createOptions.restart.complete,
    },
    ...refused,
  },
  run: async ({ options, operands }, context) => {
    const asked = Object.keys(refused) as (keyof typeof refused)[]
    const wrong = asked.find((name) => options[name] !== undefined)
    if (wrong !== undefined) throw unsupported(`update --${wrong}`, AGAIN)
    if (options.env !== undefined) throw unsupported('update --env', AGAIN)
    if (options['no-healthcheck']) throw unsupported('update --no-healthcheck', AGAIN)
    const restart = options.restart === undefined ? undefined : parseRestartPolicy(options.restart)
    const limited = limitOptions.some((name) => options[name] !== undefined)
    if (restart === undefined && !limited)
      throw usage('you must provide one or more flags when using this command')
    const merged = (now: Limits) => limits({ ...asOptions(now, options), ...given(options) })
    const code = await doToEach(
      choose({ operands, latest: options.latest }, context),
      false,
      context,
      (container, word) => {
        updateContainer(container, { restart, limits: limited ? merged : undefined })
        return word
      },
    )
    if (restart !== undefined) (await import('../operations/boot.ts')).ensureBoot(restart, context)
    return code
  },
})

const limitOptions = [
  'memory',
  'memory-swap',
  'cpus',
  'cpu-quota',
  'cpu-period',
  'cpu-shares',
  'cpuset-cpus',
  'pids-limit',
] as const

type Given = Partial<Parameters<typeof limits>[0]>

function given(options: Given): Given {
  return Object.fromEntries(
    limitOptions.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
}

/** What is kept, as it would be typed. `--cpus` and `--cpu-quota` are two words for one limit: a new one replaces both. */
function asOptions(now: Limits, options: Given): Parameters<typeof limits>[0] {
  const share = [options.cpus, options['cpu-quota'], options['cpu-period']].some(
    (value) => value !== undefined,
  )
  const number = (value: number) => (value === 0 ? undefined : value)
  const word = (value: number) => (value === 0 ? undefined : String(value))
  return {
    memory: word(now.memory),
    'memory-swap': word(now.memorySwap),
    cpus: share ? undefined : word(now.nanoCpus / 1e9),
    'cpu-quota': options.cpus === undefined ? number(now.cpuQuota) : undefined,
    'cpu-period': options.cpus === undefined ? number(now.cpuPeriod) : undefined,
    'cpu-shares': number(now.cpuShares),
    'cpuset-cpus': now.cpusetCpus === '' ? undefined : now.cpusetCpus,
    'pids-limit': number(now.pids),
  }
}
