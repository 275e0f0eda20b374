import { command } from '../cli/command.ts'
import { pruneContainers } from '../operations/prune-containers.ts'
import { printPruned } from '../output/prune-view.ts'
import { confirmPrune } from './confirm-prune.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [['container', 'prune']],
  summary: 'Remove all containers that do not run',
  operands: '',
  arity: [0, 0],
  examples: ['', '-f --filter until=24h', '--dry-run'],
  options: pruneOptions,
  run: ({ options }, context) => {
    const { filter, force } = options
    const dryRun = options['dry-run']
    const kind = 'Containers'
    const plan = () => [{ kind, lines: pruneContainers({ filter, dryRun: true }, context).ids }]
    const warning = 'WARNING! This will remove all stopped containers.'
    if (!confirmPrune(warning, force || dryRun, plan, context)) return 0
    const { ids, bytes } = pruneContainers({ filter, dryRun }, context)
    printPruned([{ kind, lines: ids }], bytes, { dryRun }, context)
    return 0
  },
})
