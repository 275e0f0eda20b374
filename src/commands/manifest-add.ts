import { command } from '../cli/command.ts'
import { addToManifest } from '../operations/manifest.ts'
import { entryOptions } from './manifest-options.ts'
import { refusedOptions, refuseOptions } from './registry-options.ts'

export default command({
  names: [['manifest', 'add']],
  summary: 'Add images to a list',
  operands: 'LIST IMAGE [IMAGE...]',
  arity: [2, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['localhost:5000/app:1 app:1-arm64', '--arch arm --variant v7 app:1 app:1-pi'],
  options: {
    ...refusedOptions('manifest add'),
    ...entryOptions,
    all: { type: 'boolean', describe: 'Add all entries of a list that is named (always done)', hidden: true },
  },
  run: (input, context) => {
    refuseOptions('manifest add', input.options)
    return addToManifest(input, context)
  },
})
