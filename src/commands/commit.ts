import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { commit } from '../operations/commit.ts'
import { refusals } from './refusals.ts'

const { options: refusedOptions, refuse } = refusals({
  config: ['value', 'give each setting by --change'],
  'include-volumes': ['switch', 'copy the files out of the volume into the container first: cp'],
})

export default command({
  names: [['commit'], ['container', 'commit']],
  summary: "Make an image of a container's changes",
  operands: 'CONTAINER [NAME[:TAG]]',
  arity: [1, 2],
  complete: 'containers',
  examples: ['web web:patched', `-m 'with vim' -c 'CMD ["vim"]' work mine:1`],
  options: {
    author: {
      type: 'string',
      short: 'a',
      value: 'NAME',
      default: '',
      describe: 'Who made it, for the image',
    },
    change: {
      type: 'list',
      short: 'c',
      value: 'INSTRUCTION',
      describe: 'A Dockerfile instruction to apply (CMD, ENV, EXPOSE, …)',
    },
    ...refusedOptions,
    format: {
      type: 'string',
      short: 'f',
      default: 'oci',
      describe: 'Format of the image: oci or docker',
      complete: ['oci', 'docker'],
    },
    iidfile: {
      type: 'string',
      value: 'FILE',
      complete: 'files',
      describe: "Write the new image's id to a file",
    },
    message: {
      type: 'string',
      short: 'm',
      value: 'TEXT',
      default: '',
      describe: "Comment for the image's history",
    },
    'no-pause': { type: 'boolean', describe: 'Let the container go on meanwhile' },
    pause: {
      type: 'tristate',
      short: 'p',
      describe: 'Hold the container still meanwhile (default; not as podman)',
    },
    quiet: { type: 'boolean', short: 'q', describe: 'Print the id only, as without it' },
    squash: { type: 'boolean', short: 's', describe: 'One layer with all files instead of one more layer' },
  },
  run: (input, context) => {
    refuse(input.options)
    const { format } = input.options
    if (format !== 'oci' && format !== 'docker')
      throw usage(`unknown format ${JSON.stringify(format)}`, 'oci or docker')
    return commit({ ...input, options: { ...input.options, format } }, context)
  },
})
