import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { removeNetworks } from '../operations/remove-networks.ts'

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
    force: { type: 'boolean', short: 'f', describe: 'A network that is not there is no error' },
    time: {
      type: 'integer',
      short: 't',
      describe: 'With --force: remove the containers on it, too, which have so long to stop',
      value: 'SECONDS',
    },
  },
  run: ({ operands, options: { force, time } }, context) => {
    if (time !== undefined && !force)
      throw usage('--time is for --force', 'network rm --force --time SECONDS')
    // Podman's --force takes the containers along, docker's means no error for a network that is not there.
    const along = time !== undefined || (force && context.dialect === 'podman')
    return removeNetworks(operands, { force, containers: along ? { timeout: time } : undefined }, context)
  },
})
