import { command } from '../cli/command.ts'
import { push } from '../operations/push.ts'
import { openProgress, progressMode, progressModes } from '../output/progress/open.ts'
import { transferOptions } from './registry-options.ts'

export default command({
  names: [['push'], ['image', 'push']],
  summary: 'Upload an image to a registry',
  operands: 'NAME[:TAG] [DESTINATION]',
  arity: [1, 2],
  complete: 'images',
  examples: ['localhost:5000/team/app:1.0', '-a registry.example.com/team/app', '3f57d9401f8d user/app:2'],
  options: {
    ...transferOptions,
    'all-tags': { type: 'boolean', short: 'a', describe: 'Push all tags of the repository' },
    digestfile: {
      type: 'string',
      value: 'FILE',
      complete: 'files',
      describe: 'Write the digest of the pushed image to this file',
    },
    'disable-content-trust': {
      type: 'boolean',
      default: true,
      hidden: true,
      describe: 'Accepted for old scripts: there is no content trust any more',
    },
    platform: {
      type: 'string',
      value: 'OS/ARCH[/VARIANT]',
      describe: 'Push only if the image is for this platform',
    },
    progress: {
      type: 'string',
      value: 'KIND',
      default: 'auto',
      complete: progressModes,
      describe: 'How to show what happens: auto (tty on a terminal, else plain), plain, tty, json, quiet',
    },
    quiet: { type: 'boolean', short: 'q', describe: 'Print nothing but the name of the image' },
  },
  run: (input, context) => {
    const { progress, quiet } = input.options
    const mode = progressMode(progress, quiet)
    const stream = context.dialect === 'docker' ? 'stdout' : 'stderr'
    return push(input, context, () => openProgress(context, { mode, stream }))
  },
})
