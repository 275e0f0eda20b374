import { command } from '../cli/command.ts'
import { pull } from '../operations/pull.ts'
import { refusals } from './refusals.ts'
import { progressFor, transferOptions } from './transfer-options.ts'

const { options: refusedOptions, refuse } = refusals({
  'decryption-key': ['value', 'encrypted images cannot be read'],
})

export default command({
  names: [['pull'], ['image', 'pull']],
  summary: 'Download an image from a registry',
  operands: 'NAME[:TAG|@DIGEST] [NAME...]',
  arity: [1, Number.POSITIVE_INFINITY],
  examples: ['busybox', 'localhost:5000/team/app:1.0', '--platform linux/arm64 debian'],
  options: {
    ...transferOptions,
    ...refusedOptions,
    'all-platforms': {
      type: 'boolean',
      describe: 'Keep the images for all other platforms, too, so that push and save give them on',
    },
    'all-tags': { type: 'boolean', short: 'a', describe: 'Download all tagged images in the repository' },
    arch: {
      type: 'string',
      value: 'ARCH',
      describe: "The architecture to choose, instead of this machine's",
    },
    os: { type: 'string', value: 'OS', describe: 'The operating system to choose' },
    platform: {
      type: 'string',
      value: 'OS/ARCH[/VARIANT]',
      describe: 'The platform to choose from an image for several',
    },
    policy: {
      type: 'string',
      value: 'WHEN',
      default: 'always',
      complete: ['always', 'missing', 'never', 'newer'],
      describe: 'When to ask the registry: always, missing, never, newer',
    },
    variant: { type: 'string', value: 'VARIANT', describe: 'The variant of the architecture to choose' },
  },
  run: (input, context) => {
    refuse(input.options)
    return pull(input, context, progressFor(input.options, context))
  },
})
