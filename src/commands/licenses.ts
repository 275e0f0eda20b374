import { command } from '../cli/command.ts'
import { licences } from '../platform/helper/embedded.ts'

export default command({
  names: [['licenses']],
  summary: 'Print the licences of everything inside this executable',
  operands: '',
  arity: [0, 0],
  options: {},
  run(_input, context) {
    context.out.write(licences())
    return 0
  },
})
