import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import { removeNetworks } from '../operations/networks.ts'

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
    time: { type: 'integer', short: 't', describe: 'Not supported', hidden: true },
  },
  run: ({ operands, options }, context) => {
    if (options.time !== undefined)
      throw unsupported('network rm --time', 'no container is stopped: rm -f the containers on it first')
    return removeNetworks(operands, options.force, context)
  },
})
