import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import { containerExists } from '../operations/container-exists.ts'

export default command({
  names: [['container', 'exists']],
  summary: 'Exit with 0 when a container is here, with 1 when it is not',
  operands: 'CONTAINER',
  arity: [1, 1],
  complete: 'containers',
  examples: ['web && echo here'],
  failure: 125,
  options: { external: { type: 'boolean', short: 'e', describe: 'Not supported', hidden: true } },
  run: ({ options, operands: [name = ''] }, context) => {
    if (options.external)
      throw unsupported('container exists --external', 'there are no other containers in this store')
    return containerExists(name, context) ? 0 : 1
  },
})
