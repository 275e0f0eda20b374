import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import { imageTree } from '../operations/image-tree.ts'
import { printImageTree } from '../output/image-tree-view.ts'

export default command({
  names: [['image', 'tree']],
  summary: 'Show the layers of an image as a tree',
  operands: 'IMAGE',
  arity: [1, 1],
  complete: 'images',
  examples: ['web:1'],
  options: { whatrequires: { type: 'boolean', describe: 'Not supported', hidden: true } },
  run: ({ options, operands }, context) => {
    if (options.whatrequires) throw unsupported('image tree --whatrequires', 'images --tree shows all images')
    printImageTree(imageTree(operands[0] ?? '', context), context)
    return 0
  },
})
