import { command } from '../cli/command.ts'
import { unsupported, usage } from '../errors.ts'
import { choose } from '../operations/each.ts'
import { parseMoment, printLogs } from '../operations/logs.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['logs'], ['container', 'logs']],
  summary: "Print a container's output",
  operands: 'CONTAINER',
  arity: [0, 1],
  complete: 'containers',
  examples: ['web', '-f --tail 100 web', '--since 10m -t web'],
  options: {
    color: { type: 'boolean', describe: 'Not supported', hidden: true },
    details: { type: 'boolean', describe: 'Leave room for labels, as docker does' },
    follow: { type: 'boolean', short: 'f', describe: 'Go on until it ends' },
    latest,
    names: { type: 'boolean', describe: 'Not supported', hidden: true },
    since: { type: 'string', describe: 'Only lines from then on', value: 'TIME|DURATION' },
    tail: { type: 'string', short: 'n', default: 'all', describe: 'Only the last lines', value: 'NUMBER' },
    timestamps: { type: 'boolean', short: 't', describe: 'Print when each line was written' },
    until: { type: 'string', describe: 'Only lines up to then', value: 'TIME|DURATION' },
  },
  run: ({ options, operands }, context) => {
    const { follow, since, tail, until, timestamps, details, latest } = options
    if (options.color || options.names)
      throw unsupported('logs --color and --names', 'they are for several containers')
    const [chosen] = choose({ operands, latest }, context)
    if (chosen === undefined) throw usage("'logs' requires 1 argument")
    const count = Number(tail)
    if (tail !== 'all' && !Number.isInteger(count)) {
      throw usage(`invalid argument "${tail}" for "-n, --tail" flag`, 'a number of lines, or all')
    }
    return printLogs(
      chosen.find(),
      {
        follow,
        tail: tail === 'all' || count < 0 ? undefined : count,
        since: since === undefined ? undefined : parseMoment(since, '--since'),
        until: until === undefined ? undefined : parseMoment(until, '--until'),
        timestamps,
        details,
      },
      context,
    )
  },
})
