import { command } from '../cli/command.ts'
import { watchEvents } from '../operations/events.ts'
import { moment } from '../operations/filters.ts'
import { eventAliases, eventLine, eventObject } from '../output/event-text.ts'
import { printValue } from '../output/objects.ts'

export default command({
  names: [['events'], ['system', 'events']],
  summary: 'Show what happens to containers, images, networks and volumes, until it is ended',
  operands: '',
  arity: [0, 0],
  examples: ['', '--since 10m --until 0s', "--filter event=die --format '{{.Actor.Attributes.name}}'"],
  options: {
    filter: { type: 'list', short: 'f', describe: 'Only events that match', value: 'KEY=VALUE' },
    format: { type: 'string', describe: 'json or a Go template', value: 'FORMAT' },
    'no-trunc': { type: 'boolean', default: true, describe: 'Accepted: ids are always whole', hidden: true },
    since: { type: 'string', describe: 'Also those since then: 10m, a date, seconds', value: 'TIME' },
    stream: { type: 'boolean', default: true, describe: 'Wait for what comes' },
    until: { type: 'string', describe: 'No longer than then', value: 'TIME' },
  },
  run: async ({ options: { filter, format, since, stream, until } }, context) => {
    const request = {
      filter,
      since: since === undefined ? (stream ? undefined : 0) : moment(since),
      until: until === undefined ? (stream ? undefined : Date.now()) : moment(until),
    }
    for await (const event of watchEvents(request, context)) {
      if (format === undefined || format === '') context.out.write(`${eventLine(event)}\n`)
      else printValue(eventObject(event), format, context, eventAliases)
      if (context.out.closed) break
    }
    return 0
  },
})
