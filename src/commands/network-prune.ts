import { command } from '../cli/command.ts'
import { pruneNetworks } from '../operations/remove-networks.ts'
import { confirmPrune } from './confirm-prune.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [['network', 'prune']],
  summary: 'Remove all networks that no container is on',
  operands: '',
  arity: [0, 0],
  examples: ['-f', '--dry-run'],
  options: pruneOptions,
  run: ({ options }, context) => {
    const { filter, force } = options
    const dryRun = options['dry-run']
    const plan = () => [{ kind: 'Networks', lines: pruneNetworks({ filter, dryRun: true }, context) }]
    const warning = 'WARNING! This will remove all custom networks not used by at least one container.'
    if (!confirmPrune(warning, force || dryRun, plan, context)) return 0
    const names = pruneNetworks({ filter, dryRun }, context)
    const heading = dryRun ? 'Networks that would be deleted:' : 'Deleted Networks:'
    const list = names.map((name) => `${name}\n`).join('')
    if (names.length > 0) context.out.write(context.dialect === 'podman' ? list : `${heading}\n${list}\n`)
    return 0
  },
})
