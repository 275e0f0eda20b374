import { command } from '../cli/command.ts'
import { addToManifest } from '../operations/manifest.ts'
import { bringingOptions, entryOptions, manifestAccessOf } from './manifest-options.ts'

export default command({
  names: [['manifest', 'add']],
  summary: 'Add images to a list',
  operands: 'LIST IMAGE [IMAGE...]',
  arity: [2, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['localhost:5000/app:1 app:1-arm64', '--arch arm --variant v7 app:1 app:1-pi'],
  options: { ...bringingOptions, ...entryOptions },
  run: ({ operands, options }, context) =>
    addToManifest({ operands, options: { ...options, access: manifestAccessOf(options) } }, context),
})
