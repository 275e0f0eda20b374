import { command } from '../cli/command.ts'

export default command({
  names: [
    ['buildx', 'use'],
    ['buildx', 'rm'],
    ['buildx', 'stop'],
  ],
  summary: 'Accepted: there is one builder, and nothing of it runs',
  operands: '[NAME]',
  arity: [0, 1],
  hidden: true,
  options: {
    'all-inactive': { type: 'boolean', describe: 'Accepted' },
    builder: { type: 'string', describe: 'Accepted', value: 'NAME' },
    default: { type: 'boolean', describe: 'Accepted' },
    force: { type: 'boolean', short: 'f', describe: 'Accepted' },
    global: { type: 'boolean', describe: 'Accepted' },
    'keep-daemon': { type: 'boolean', describe: 'Accepted' },
    'keep-state': { type: 'boolean', describe: 'Accepted' },
  },
  run: () => 0,
})
