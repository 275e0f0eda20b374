import { command } from '../cli/command.ts'
import { push } from '../operations/push.ts'
import { pushOptions, refuse } from './push-options.ts'
import { progressFor } from './transfer-options.ts'

export default command({
  names: [['push'], ['image', 'push']],
  summary: 'Upload an image to a registry',
  operands: 'NAME[:TAG] [DESTINATION]',
  arity: [1, 2],
  complete: 'images',
  examples: ['localhost:5000/team/app:1.0', '-a registry.example.com/team/app', '3f57d9401f8d user/app:2'],
  options: {
    ...pushOptions,
    'all-tags': { type: 'boolean', short: 'a', describe: 'Push all tags of the repository' },
    platform: {
      type: 'string',
      value: 'OS/ARCH[/VARIANT]',
      describe: 'Push only the image for this platform, and no list',
    },
  },
  run: (input, context) => {
    refuse(input.options)
    return push(input, context, progressFor(input.options, context))
  },
})
