import { command } from '../cli/command.ts'
import { login } from '../operations/login.ts'
import { registryOptions } from './registry-options.ts'

export default command({
  names: [['login']],
  summary: 'Log in to a registry',
  operands: '[REGISTRY]',
  arity: [0, 1],
  examples: ['', 'registry.example.com', '-u anna --password-stdin localhost:5000 < password'],
  options: {
    ...registryOptions,
    'get-login': { type: 'boolean', describe: 'Print the name that is logged in, and do nothing else' },
    password: { type: 'string', short: 'p', value: 'PASSWORD', describe: 'Password, for others to see' },
    'password-stdin': { type: 'boolean', describe: 'Read the password from standard input' },
    verbose: { type: 'boolean', short: 'v', describe: 'Say which file keeps the password' },
    secret: { type: 'string', value: 'NAME', describe: 'Take the password from a secret' },
    username: { type: 'string', short: 'u', value: 'NAME', describe: 'Name to log in with' },
  },
  run: (input, context) => login(input, context),
})
