import { command } from '../cli/command.ts'
import { createManifest } from '../operations/manifest.ts'
import { refusedOptions, refuseOptions } from './registry-options.ts'

export default command({
  names: [['manifest', 'create']],
  summary: 'Make a list of images for several platforms',
  operands: 'LIST [IMAGE...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['localhost:5000/app:1 app:1-amd64 app:1-arm64'],
  options: {
    ...refusedOptions('manifest create'),
    all: { type: 'boolean', describe: 'Add all entries of lists that are named (always done)', hidden: true },
    amend: { type: 'boolean', short: 'a', describe: 'Add to a list that is there already' },
    annotation: { type: 'list', value: 'NAME=VALUE', describe: 'Add an annotation to the list' },
  },
  run: (input, context) => {
    refuseOptions('manifest create', input.options)
    return createManifest(input, context)
  },
})
