import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { checkDns } from '../networks/hosts.ts'
import { updateNetwork } from '../operations/update-network.ts'
import { words } from './network-options.ts'

export default command({
  names: [['network', 'update']],
  summary: 'Change where the containers of a network ask for names of other places',
  operands: 'NETWORK',
  arity: [1, 1],
  complete: 'networks',
  examples: ['--dns-add 9.9.9.9 mynet', '--dns-drop 9.9.9.9 --dns-add 1.1.1.1 mynet'],
  options: {
    'dns-add': { type: 'list', describe: 'Ask this name server, too', value: 'ADDRESS' },
    'dns-drop': { type: 'list', describe: 'Ask this name server no more', value: 'ADDRESS' },
  },
  run: ({ options, operands: [network = ''] }, context) => {
    const [add, drop] = [options['dns-add'].flatMap(words), options['dns-drop'].flatMap(words)]
    if (add.length + drop.length === 0)
      throw usage('network update: nothing to change', 'give --dns-add or --dns-drop')
    checkDns(add, '--dns-add')
    checkDns(drop, '--dns-drop')
    const name = updateNetwork(network, { add, drop }, context)
    if (context.dialect === 'podman') context.out.write(`${name}\n`)
    return 0
  },
})
