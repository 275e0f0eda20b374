import { command } from '../cli/command.ts'
import { pushManifest } from '../operations/manifest.ts'
import { manifestAccess, manifestAccessOf } from './manifest-options.ts'
import { pushOptions, refuse } from './push-options.ts'
import { progressFor } from './transfer-options.ts'

export default command({
  names: [['manifest', 'push']],
  summary: 'Push a list and every image it lists',
  operands: 'LIST [DESTINATION]',
  arity: [1, 2],
  complete: 'images',
  examples: ['localhost:5000/app:1', 'app:1 docker://registry.example.com/app:1'],
  options: {
    ...pushOptions,
    insecure: manifestAccess.insecure,
    all: { type: 'boolean', describe: 'Push the images, too (always done)', hidden: true },
    rm: { type: 'boolean', short: 'p', aliases: ['purge'], describe: 'Remove the list here afterwards' },
  },
  run: ({ operands, options }, context) => {
    refuse(options)
    const input = { operands, options: { ...options, ...manifestAccessOf(options) } }
    return pushManifest(input, context, progressFor(options, context))
  },
})
