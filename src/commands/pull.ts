import { command } from '../cli/command.ts'
import { pull } from '../operations/pull.ts'
import { openProgress, progressMode, progressModes } from '../output/progress/open.ts'
import { transferOptions } from './registry-options.ts'

export default command({
  names: [['pull'], ['image', 'pull']],
  summary: 'Download an image from a registry',
  operands: 'NAME[:TAG|@DIGEST] [NAME...]',
  arity: [1, Number.POSITIVE_INFINITY],
  examples: ['busybox', 'localhost:5000/team/app:1.0', '--platform linux/arm64 debian'],
  options: {
    ...transferOptions,
    'all-tags': { type: 'boolean', short: 'a', describe: 'Download all tagged images in the repository' },
    'disable-content-trust': {
      type: 'boolean',
      default: true,
      hidden: true,
      describe: 'Accepted for old scripts: there is no content trust any more',
    },
    platform: {
      type: 'string',
      value: 'OS/ARCH[/VARIANT]',
      describe: 'The platform to choose from an image for several',
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
    return pull(input, context, () => openProgress(context, { mode, stream }))
  },
})
