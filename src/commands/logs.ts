import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { choose } from '../operations/each.ts'
import { parseMoment, printLogs } from '../operations/logs.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['logs'], ['container', 'logs']],
  summary: 'Print the output of containers',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ['web', '-f --tail 100 web', '--since 10m -t web', '-f --names web db'],
  options: {
    color: { type: 'boolean', describe: 'A colour for each container' },
    details: { type: 'boolean', describe: 'Leave room for labels, as docker does' },
    follow: { type: 'boolean', short: 'f', describe: 'Go on until it ends' },
    latest,
    names: { type: 'boolean', describe: 'Begin each line with the name of its container, not the id' },
    since: { type: 'string', describe: 'Only lines from then on', value: 'TIME|DURATION' },
    tail: { type: 'string', short: 'n', default: 'all', describe: 'Only the last lines', value: 'NUMBER' },
    timestamps: { type: 'boolean', short: 't', describe: 'Print when each line was written' },
    until: { type: 'string', describe: 'Only lines up to then', value: 'TIME|DURATION' },
  },
  run: ({ options, operands }, context) => {
    const { follow, since, tail, until, timestamps, details, latest } = options
    const containers = choose({ operands, latest }, context).map(({ find }) => find())
    const count = Number(tail)
    if (tail !== 'all' && !Number.isInteger(count)) {
      throw usage(`invalid argument "${tail}" for "-n, --tail" flag`, 'a number of lines, or all')
    }
    return printLogs(
      containers,
      {
        follow,
        tail: tail === 'all' || count < 0 ? undefined : count,
        since: since === undefined ? undefined : parseMoment(since, '--since'),
        until: until === undefined ? undefined : parseMoment(until, '--until'),
        timestamps,
        details,
        prefix: options.names ? 'name' : containers.length > 1 ? 'id' : 'none',
        color: options.color,
      },
      context,
    )
  },
})
