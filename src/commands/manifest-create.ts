import { command } from '../cli/command.ts'
import { createManifest } from '../operations/manifest.ts'
import { bringingOptions, manifestAccessOf } from './manifest-options.ts'

export default command({
  names: [['manifest', 'create']],
  summary: 'Make a list of images for several platforms',
  operands: 'LIST [IMAGE...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['localhost:5000/app:1 app:1-amd64 app:1-arm64'],
  options: {
    ...bringingOptions,
    amend: { type: 'boolean', short: 'a', describe: 'Add to a list that is there already' },
    annotation: { type: 'list', value: 'NAME=VALUE', describe: 'Add an annotation to the list' },
  },
  run: ({ operands, options }, context) =>
    createManifest({ operands, options: { ...options, access: manifestAccessOf(options) } }, context),
})
