import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { removeNetworks } from '../operations/remove-networks.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [
    ['network', 'rm'],
    ['network', 'remove'],
  ],
  summary: 'Remove networks that no container is on',
  operands: 'NETWORK [NETWORK...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'networks',
  options: {
    'dry-run': pruneOptions['dry-run'],
    force: { type: 'boolean', short: 'f', describe: 'A network that is not there is no error' },
    time: {
      type: 'integer',
      short: 't',
      describe: 'With --force: remove the containers on it, too, which have so long to stop',
      value: 'SECONDS',
    },
  },
  run: ({ operands, options: { force, time, 'dry-run': dryRun } }, context) => {
    if (time !== undefined && !force)
      throw usage('--time is for --force', 'network rm --force --time SECONDS')
    // Podman's --force takes the containers along, docker's means no error for a network that is not there.
    const along = time !== undefined || (force && context.dialect === 'podman')
    const containers = along ? { timeout: time } : undefined
    return removeNetworks(operands, { force, containers, dryRun }, context)
  },
})
