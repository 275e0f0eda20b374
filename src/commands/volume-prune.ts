import { command } from '../cli/command.ts'
import { pruneVolumes } from '../operations/volumes.ts'
import { printPruned } from '../output/prune-view.ts'
import { confirmPrune } from './confirm-prune.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [['volume', 'prune']],
  summary: 'Remove anonymous volumes, or with -a all, that no container has',
  operands: '',
  arity: [0, 0],
  examples: ['', '-af --filter label=scratch', '--dry-run -a'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Those with a name, too' },
    ...pruneOptions,
  },
  run: ({ options }, context) => {
    const { filter, force } = options
    // Podman has no anonymous-only prune.
    const all = options.all || context.dialect === 'podman'
    const dryRun = options['dry-run']
    const plan = () => [
      { kind: 'Volumes', lines: pruneVolumes({ all, filter, dryRun: true }, context).names },
    ]
    const which = all ? 'all' : 'anonymous'
    const warning = `WARNING! This will remove ${which} local volumes not used by at least one container.`
    if (!confirmPrune(warning, force || dryRun, plan, context)) return 0
    const { names, bytes } = pruneVolumes({ all, filter, dryRun }, context)
    printPruned([{ kind: 'Volumes', lines: names }], bytes, { dryRun }, context)
    return 0
  },
})
