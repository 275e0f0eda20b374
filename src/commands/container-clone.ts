import { command } from '../cli/command.ts'
import { ContainerStore } from '../containers/store.ts'
import { unsupported } from '../errors.ts'
import { cloneContainer } from '../operations/clone.ts'

const LATER = 'change it afterwards with `update`'

export default command({
  names: [['container', 'clone']],
  summary: 'Make a second container like one there is, from the same image',
  operands: 'CONTAINER [NAME]',
  arity: [1, 3],
  complete: 'containers',
  examples: ['web', '--destroy --run web web2'],
  options: {
    cpus: { type: 'string', describe: 'Not supported', hidden: true },
    destroy: { type: 'boolean', describe: 'Remove the first one' },
    force: { type: 'boolean', short: 'f', describe: 'With --destroy: also while it runs' },
    memory: { type: 'string', short: 'm', describe: 'Not supported', hidden: true },
    name: { type: 'string', describe: 'Name of the second one (default NAME-clone)', value: 'NAME' },
    pod: { type: 'string', describe: 'Not supported', hidden: true },
    run: { type: 'boolean', describe: 'Start it' },
  },
  run: ({ options, operands }, context) => {
    const [source = '', operand, image] = operands
    const { destroy, force, run } = options
    if (options.pod !== undefined) throw unsupported('container clone --pod', 'there are no pods')
    if (options.cpus !== undefined || options.memory !== undefined)
      throw unsupported('a limit of container clone', LATER)
    if (image !== undefined)
      throw unsupported('container clone with another image', '`inspect` shows what to give `create`')
    const container = new ContainerStore(context.directories).find(source)
    const name = options.name ?? operand
    const clone = cloneContainer(container, { name, destroy, force, run }, context)
    context.out.write(`${clone.id}\n`)
    return 0
  },
})
