import { command } from '../cli/command.ts'
import { ContainerStore } from '../containers/store.ts'
import { unsupported } from '../errors.ts'
import { cloneContainer } from '../operations/clone.ts'
import { createOptions } from './create-options.ts'
import { givenLimits, limitOptions, mergedLimits } from './update-limits.ts'

const later = { type: 'string', describe: 'Not supported', hidden: true } as const

export default command({
  names: [['container', 'clone']],
  summary: 'Make a second container like one there is, from the same image or another',
  operands: 'CONTAINER [NAME [IMAGE]]',
  arity: [1, 3],
  complete: 'containers',
  examples: ['web', '--destroy --run web web2', '-m 512m web web2 nginx:1.27'],
  options: {
    'blkio-weight': later,
    ...(Object.fromEntries(limitOptions.map((name) => [name, createOptions[name]])) as Pick<
      typeof createOptions,
      (typeof limitOptions)[number]
    >),
    destroy: { type: 'boolean', describe: 'Remove the first one' },
    'device-read-bps': later,
    'device-write-bps': later,
    force: { type: 'boolean', short: 'f', describe: 'With --destroy: also while it runs' },
    name: { type: 'string', describe: 'Name of the second one (default NAME-clone)', value: 'NAME' },
    pod: { type: 'string', describe: 'Not supported', hidden: true },
    run: { type: 'boolean', describe: 'Start it' },
  },
  run: async ({ options, operands }, context) => {
    const [source = '', operand, image] = operands
    const { destroy, force, run } = options
    if (options.pod !== undefined) throw unsupported('container clone --pod', 'there are no pods')
    for (const name of ['blkio-weight', 'device-read-bps', 'device-write-bps'] as const)
      if (options[name] !== undefined)
        throw unsupported(`--${name}`, 'a plain user has no block I/O controller here')
    const container = new ContainerStore(context.directories).find(source)
    const name = options.name ?? operand
    const limits = Object.keys(givenLimits(options)).length === 0 ? undefined : mergedLimits(options)
    const clone = await cloneContainer(container, { name, image, limits, destroy, force, run }, context)
    context.out.write(`${clone.id}\n`)
    return 0
  },
})
