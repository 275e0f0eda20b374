import { command } from '../cli/command.ts'
import { annotateManifest } from '../operations/manifest.ts'
import { entryOptions } from './manifest-options.ts'

export default command({
  names: [['manifest', 'annotate']],
  summary: 'Describe an entry of a list anew',
  operands: 'LIST IMAGE|DIGEST',
  arity: [2, 2],
  complete: 'images',
  examples: ['--arch arm64 --variant v8 app:1 app:1-arm64'],
  options: entryOptions,
  run: (input, context) => annotateManifest(input, context),
})
