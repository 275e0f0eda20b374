import { command } from '../cli/command.ts'
import { scpImage } from '../operations/scp-image.ts'

export default command({
  names: [['image', 'scp']],
  summary: 'Copy an image to or from another machine over ssh, or another store here',
  operands: '[HOST::|FOLDER::]IMAGE [HOST::|FOLDER::]',
  arity: [1, 2],
  complete: 'images',
  examples: ['web:1 me@server::', 'ssh://me@server:2222::web:1', 'web:1 /mnt/usb/store::'],
  options: {
    format: {
      type: 'string',
      value: 'FORMAT',
      complete: ['docker-archive', 'oci-archive'],
      describe: 'Of what travels: docker-archive or oci-archive',
    },
    quiet: { type: 'boolean', short: 'q', describe: 'Print nothing' },
  },
  run: (input, context) => scpImage(input, context),
})
