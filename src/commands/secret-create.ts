import { command } from '../cli/command.ts'
import { parseLabels } from '../containers/values/environment.ts'
import { unsupported, usage } from '../errors.ts'
import { createSecret } from '../operations/secrets.ts'

export default command({
  names: [['secret', 'create']],
  summary: 'Keep a secret for containers',
  operands: 'NAME FILE|-',
  arity: [2, 2],
  complete: 'files',
  examples: ['db-password ./password.txt', 'token - < token.txt', '--env token TOKEN'],
  options: {
    driver: { type: 'string', short: 'd', default: 'file', describe: 'Only file', value: 'NAME' },
    'driver-opts': { type: 'list', describe: 'Not supported', hidden: true },
    env: { type: 'boolean', describe: 'The second word is the name of a variable' },
    ignore: { type: 'boolean', describe: 'One of that name stays as it is' },
    label: { type: 'list', short: 'l', describe: 'Give it a label', value: 'KEY=VALUE' },
    replace: { type: 'boolean', describe: 'Take the place of one of that name' },
    'template-driver': { type: 'string', describe: 'Not supported', hidden: true },
  },
  run: ({ options, operands: [name = '', source = ''] }, context) => {
    const { driver, env, ignore, replace, label } = options
    const own = 'secrets are files of yours that only you can read'
    if (driver !== 'file') throw unsupported(`secret create --driver ${driver}`, own)
    if (options['driver-opts'].length > 0) throw unsupported('secret create --driver-opts', own)
    if (options['template-driver'])
      throw unsupported('secret create --template-driver', 'write the file first')
    if (ignore && replace) throw usage('--ignore and --replace cannot be given together')
    const taken = ignore ? 'keep' : replace ? 'replace' : 'error'
    const labels = parseLabels(label, [])
    const secret = createSecret({ name, source, fromVariable: env, labels, taken }, context)
    context.out.write(`${secret.id}\n`)
    return 0
  },
})
