import { command } from '../cli/command.ts'
import { tag } from '../operations/tag.ts'

export default command({
  names: [['tag'], ['image', 'tag']],
  summary: 'Give an image one more name',
  operands: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG] [TARGET_IMAGE[:TAG]...]',
  arity: [2, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['busybox localhost:5000/busybox:mine'],
  options: {},
  run: (input, context) => tag(input, context),
})
