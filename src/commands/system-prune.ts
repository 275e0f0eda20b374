import { command } from '../cli/command.ts'
import { pruneSystem } from '../operations/prune-system.ts'
import { printPruned } from '../output/prune-view.ts'
import { prunedSystem } from '../output/pruned.ts'
import { confirmPrune } from './confirm-prune.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [['system', 'prune']],
  summary: 'Remove what is not used: stopped containers, images without a name, build cache',
  operands: '',
  arity: [0, 0],
  examples: ['', '-af --volumes', '--dry-run -a'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'All images no container uses, with a name or without' },
    build: { type: 'boolean', describe: 'Containers of builds that were killed, too' },
    external: { type: 'boolean', describe: 'Whatever else killed commands left in the store, too' },
    volumes: { type: 'boolean', describe: 'Anonymous volumes that no container has, too' },
    ...pruneOptions,
  },
  run: ({ options }, context) => {
    const { all, volumes, build, external, filter, force } = options
    const dryRun = options['dry-run']
    const request = { all, volumes, build, external, filter }
    const warning = [
      'WARNING! This will remove:',
      '  - all stopped containers',
      ...(volumes ? ['  - all anonymous volumes not used by at least one container'] : []),
      all ? '  - all images without at least one container associated to them' : '  - all dangling images',
      all ? '  - all build cache' : '  - unused build cache',
      ...(build ? ['  - containers of builds that were killed'] : []),
      ...(external ? ['  - what else killed commands left in the store'] : []),
      ...(filter.length > 0
        ? ['', `  Items to be pruned will be filtered with:\n  - ${filter.join('\n  - ')}`]
        : []),
      '',
    ].join('\n')
    const plan = () => prunedSystem(pruneSystem({ ...request, dryRun: true }, context))
    if (!confirmPrune(warning, force || dryRun, plan, context)) return 0
    const pruned = pruneSystem({ ...request, dryRun }, context)
    printPruned(prunedSystem(pruned), pruned.bytes, { dryRun }, context)
    return 0
  },
})
