import { command } from '../cli/command.ts'
import { ImageStore } from '../images/store.ts'

export default command({
  names: [['image', 'exists']],
  summary: 'Exit with 0 when an image is here, with 1 when it is not',
  operands: 'IMAGE',
  arity: [1, 1],
  complete: 'images',
  examples: ['busybox && echo here'],
  failure: 125,
  options: {},
  run: ({ operands }, { directories }) =>
    new ImageStore(directories).lookUp(operands[0] ?? '') === undefined ? 1 : 0,
})
