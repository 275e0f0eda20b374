import { command } from '../cli/command.ts'
import { logout } from '../operations/login.ts'
import { registryOptions } from './registry-options.ts'

export default command({
  names: [['logout']],
  summary: 'Log out from a registry',
  operands: '[REGISTRY]',
  arity: [0, 1],
  examples: ['', 'registry.example.com', '--all'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'Log out from all registries' },
    authfile: registryOptions.authfile,
  },
  run: (input, context) => logout(input, context),
})
