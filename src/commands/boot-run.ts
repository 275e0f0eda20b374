import { command } from '../cli/command.ts'
import { runBoot } from '../operations/boot.ts'

export default command({
  names: [['boot', 'run']],
  summary: 'Start what is to start with the machine: what the hook calls',
  operands: '',
  arity: [0, 0],
  examples: [''],
  options: {},
  run: async (_input, context) => ((await runBoot(context)) ? 0 : 1),
})
