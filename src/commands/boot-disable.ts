import { command } from '../cli/command.ts'
import { disableBoot } from '../operations/boot.ts'

export default command({
  names: [['boot', 'disable']],
  summary: 'Start no containers with the machine any more',
  operands: '',
  arity: [0, 0],
  examples: [''],
  options: {},
  run: (_input, context) => {
    disableBoot(context)
    return 0
  },
})
