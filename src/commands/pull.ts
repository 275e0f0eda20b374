import { command } from '../cli/command.ts'
import { pull } from '../operations/pull.ts'
import { openPullDisplay } from '../output/pull-display.ts'

export default command({
  names: [['pull'], ['image', 'pull']],
  summary: 'Download an image from a registry',
  operands: 'NAME[:TAG|@DIGEST] [NAME...]',
  arity: [1, Number.POSITIVE_INFINITY],
  examples: ['busybox', 'localhost:5000/team/app:1.0', '--platform linux/arm64 debian'],
  options: {
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
    quiet: { type: 'boolean', short: 'q', describe: 'Print nothing but the name of the image' },
  },
  run: (input, context) => pull(input, context, openPullDisplay(context)),
})
