import { command } from '../cli/command.ts'
import { build } from '../platform/host/build.ts'

export default command({
  names: [['buildx', 'version']],
  summary: 'Show the version of what builds',
  operands: '',
  arity: [0, 0],
  options: {},
  run: (_, context) => {
    context.out.write(`sampan buildx ${build.version}\n`)
    return 0
  },
})
