import { command } from '../cli/command.ts'
import { enableBoot } from '../operations/boot.ts'
import { bootText } from '../output/boot-text.ts'

export default command({
  names: [['boot', 'enable']],
  summary: 'Start containers with the machine',
  operands: '',
  arity: [0, 0],
  examples: [''],
  options: {},
  run: (_input, context) => {
    context.out.write(bootText(enableBoot(context)))
    return 0
  },
})
