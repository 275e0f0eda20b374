import { command } from '../cli/command.ts'
import { pruneNetworks } from '../operations/networks.ts'
import { confirm } from './confirm.ts'

export default command({
  names: [['network', 'prune']],
  summary: 'Remove all networks that no container is on',
  operands: '',
  arity: [0, 0],
  options: {
    filter: { type: 'list', describe: 'Only networks that match: label, until', value: 'KEY=VALUE' },
    force: { type: 'boolean', short: 'f', describe: 'Do not ask' },
  },
  run: async ({ options }, context) => {
    const question = 'This will remove all custom networks not used by at least one container.'
    if (!options.force && !(await confirm(question))) return 0
    const names = pruneNetworks(options.filter, context)
    const list = names.map((name) => `${name}\n`).join('')
    context.out.write(context.dialect === 'podman' ? list : names.length === 0 ? '' : `Deleted Networks:\n${list}\n`)
    return 0
  },
})
