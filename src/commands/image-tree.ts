import { command } from '../cli/command.ts'
import { imageTree, whatRequires } from '../operations/image-tree.ts'
import { printDependants, printImageTree } from '../output/image-tree-view.ts'

export default command({
  names: [['image', 'tree']],
  summary: 'Show the layers of an image as a tree',
  operands: 'IMAGE',
  arity: [1, 1],
  complete: 'images',
  examples: ['web:1'],
  options: { whatrequires: { type: 'boolean', describe: 'Show the images that stand on this one instead' } },
  run: ({ options, operands }, context) => {
    const name = operands[0] ?? ''
    const tree = imageTree(name, context)
    if (options.whatrequires) printDependants(tree, whatRequires(name, context), context)
    else printImageTree(tree, context)
    return 0
  },
})
