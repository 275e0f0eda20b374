import { command } from '../cli/command.ts'
import { pushManifest } from '../operations/manifest.ts'
import { progressFor, refusedOptions, refuseOptions, transferOptions } from './registry-options.ts'

export default command({
  names: [['manifest', 'push']],
  summary: 'Push a list and every image it lists',
  operands: 'LIST [DESTINATION]',
  arity: [1, 2],
  complete: 'images',
  examples: ['localhost:5000/app:1', 'app:1 docker://registry.example.com/app:1'],
  options: {
    ...transferOptions,
    ...refusedOptions('push'),
    all: { type: 'boolean', describe: 'Push the images, too (always done)', hidden: true },
    digestfile: {
      type: 'string',
      value: 'FILE',
      complete: 'files',
      describe: 'Write the digest of the list to this file',
    },
    rm: { type: 'boolean', short: 'p', aliases: ['purge'], describe: 'Remove the list here afterwards' },
  },
  run: (input, context) => {
    refuseOptions('push', input.options)
    return pushManifest(input, context, progressFor(input.options, context))
  },
})
