import { command } from '../cli/command.ts'
import { ContainerStore } from '../containers/store.ts'
import { sweep } from '../containers/sweep.ts'
import { unsupported } from '../errors.ts'
import { dependents } from '../operations/dependents.ts'
import { choose, doToEach } from '../operations/each.ts'
import { removeContainer } from '../operations/remove.ts'
import { latest, selectionOptions } from './container-options.ts'

export default command({
  names: [['rm'], ['container', 'rm'], ['container', 'remove']],
  summary: 'Remove containers',
  operands: 'CONTAINER [CONTAINER...]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'containers',
  examples: ['web', '-f web', '$(sampan ps -aq -f status=exited)'],
  options: {
    all: selectionOptions.all,
    cidfile: selectionOptions.cidfile,
    // Without their letters: -f is force here, -l was docker's --link.
    filter: { type: 'list', describe: selectionOptions.filter.describe, value: 'KEY=VALUE' },
    latest: { type: 'boolean', describe: latest.describe },
    depend: { type: 'boolean', describe: 'Also those that cannot be without it' },
    'dry-run': { type: 'boolean', describe: 'Show what would go, and remove nothing' },
    force: { type: 'boolean', short: 'f', describe: 'Kill it first; a name that is not there is no error' },
    ignore: { type: 'boolean', short: 'i', describe: 'Do not fail for a container that is not there' },
    link: { type: 'boolean', short: 'l', describe: 'Not supported', hidden: true },
    time: { type: 'integer', short: 't', describe: 'With -f: seconds between the stop signal and SIGKILL' },
    volumes: { type: 'boolean', short: 'v', describe: 'Remove its anonymous volumes, too' },
  },
  run: async ({ options, operands }, context) => {
    const { all, cidfile, filter, latest, force, ignore, volumes, time } = options
    if (options.link) throw unsupported('rm --link', 'make the container again without --link')
    const chosen = choose({ operands, all, cidfile, filter, latest }, context)
    const code = await doToEach(chosen, ignore || force, context, (container, word) => {
      const removal = { force, volumes, timeout: time, dryRun: options['dry-run'] }
      const others = options.depend ? dependents(container, new ContainerStore(context.directories)) : []
      for (const one of [...others, container]) removeContainer(one, removal, context)
      const gone = [...others.map(({ name }) => name), word]
      return options['dry-run'] ? gone.map((name) => `Would remove: ${name}`).join('\n') : gone.join('\n')
    })
    if (!options['dry-run']) sweep(context.directories)
    return code
  },
})
