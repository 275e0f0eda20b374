import { command } from '../cli/command.ts'
import { theBuilder } from '../output/builder-view.ts'

export default command({
  names: [['buildx', 'create']],
  summary: 'Accepted: there is one builder, which needs no making',
  operands: '[CONTEXT|ENDPOINT]',
  arity: [0, 1],
  hidden: true,
  options: {
    append: { type: 'boolean', describe: 'Accepted' },
    bootstrap: { type: 'boolean', describe: 'Accepted' },
    'buildkitd-config': { type: 'string', aliases: ['config'], describe: 'Accepted', value: 'FILE' },
    'buildkitd-flags': { type: 'string', describe: 'Accepted', value: 'FLAGS' },
    driver: { type: 'string', describe: 'Accepted', value: 'DRIVER' },
    'driver-opt': { type: 'list', describe: 'Accepted', value: 'KEY=VALUE' },
    leave: { type: 'boolean', describe: 'Accepted' },
    name: { type: 'string', describe: 'Accepted', value: 'NAME' },
    node: { type: 'string', describe: 'Accepted', value: 'NAME' },
    platform: { type: 'list', describe: 'Accepted', value: 'OS/ARCH' },
    use: { type: 'boolean', describe: 'Accepted' },
  },
  run: ({ options }, context) => {
    const name = options.name ?? theBuilder.name
    context.out.note(`WARNING: no builder was made: all builds run here, as this user`)
    context.out.write(`${name}\n`)
    return 0
  },
})
