import { command } from '../cli/command.ts'
import { removeFromManifest } from '../operations/manifest.ts'

export default command({
  names: [['manifest', 'remove']],
  summary: 'Take an entry out of a list',
  operands: 'LIST IMAGE|DIGEST',
  arity: [2, 2],
  complete: 'images',
  examples: ['app:1 app:1-arm64'],
  options: {},
  run: (input, context) => removeFromManifest(input, context),
})
