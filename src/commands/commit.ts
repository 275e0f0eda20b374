import { command } from '../cli/command.ts'
import { unsupported, usage } from '../errors.ts'
import { commit } from '../operations/commit.ts'

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
    config: { type: 'string', describe: 'Not supported', hidden: true },
    format: {
      type: 'string',
      short: 'f',
      default: 'oci',
      describe: 'Format of the image: oci',
      complete: ['oci'],
    },
    iidfile: {
      type: 'string',
      value: 'FILE',
      complete: 'files',
      describe: "Write the new image's id to a file",
    },
    'include-volumes': { type: 'boolean', describe: 'Not supported', hidden: true },
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
    const { config, format } = input.options
    if (config !== undefined) throw unsupported('commit --config', 'give each setting by --change')
    if (input.options['include-volumes']) {
      throw unsupported('commit --include-volumes', 'copy the files out of the volume first, then commit')
    }
    if (format === 'docker') {
      throw unsupported(
        'commit --format docker',
        'the image has what Docker knows, health check included: docker reads it',
      )
    }
    if (format !== 'oci') throw usage(`unknown format ${JSON.stringify(format)}`, 'oci')
    return commit(input, context)
  },
})
