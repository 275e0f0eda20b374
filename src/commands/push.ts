import { command } from '../cli/command.ts'
import { push } from '../operations/push.ts'
import { progressFor, refusedOptions, refuseOptions, transferOptions } from './registry-options.ts'

export default command({
  names: [['push'], ['image', 'push']],
  summary: 'Upload an image to a registry',
  operands: 'NAME[:TAG] [DESTINATION]',
  arity: [1, 2],
  complete: 'images',
  examples: ['localhost:5000/team/app:1.0', '-a registry.example.com/team/app', '3f57d9401f8d user/app:2'],
  options: {
    ...transferOptions,
    ...refusedOptions('push'),
    'all-tags': { type: 'boolean', short: 'a', describe: 'Push all tags of the repository' },
    digestfile: {
      type: 'string',
      value: 'FILE',
      complete: 'files',
      describe: 'Write the digest of the pushed image to this file',
    },
    platform: {
      type: 'string',
      value: 'OS/ARCH[/VARIANT]',
      describe: 'Push only the image for this platform, and no list',
    },
  },
  run: (input, context) => {
    refuseOptions('push', input.options)
    return push(input, context, progressFor(input.options, context))
  },
})
