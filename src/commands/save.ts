import { command } from '../cli/command.ts'
import { save } from '../operations/save.ts'

export default command({
  names: [['save'], ['image', 'save']],
  summary: 'Save images to an archive, or to standard output',
  operands: 'IMAGE [IMAGE...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['-o busybox.tar busybox', 'web:1 db:2 | zstd > all.tar.zst', '--format oci-dir -o layout web:1'],
  options: {
    compress: { type: 'boolean', describe: 'Compress layers that are stored plain' },
    format: {
      type: 'string',
      value: 'FORMAT',
      default: 'docker-archive',
      complete: ['docker-archive', 'oci-archive', 'oci-dir', 'docker-dir'],
      describe: 'docker-archive (an OCI layout inside, too), oci-archive, oci-dir or docker-dir',
    },
    'multi-image-archive': {
      type: 'boolean',
      short: 'm',
      describe: 'Allow more than one image (always allowed here)',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      complete: 'files',
      describe: 'Write to a file instead of standard output',
    },
    platform: {
      type: 'list',
      value: 'OS/ARCH[/VARIANT]',
      describe: 'Refuse an image that is for another platform',
    },
    quiet: {
      type: 'boolean',
      short: 'q',
      describe: 'Show no progress (there is none: only errors are shown)',
    },
    uncompressed: {
      type: 'boolean',
      describe: 'Accepted: layers are saved as they are stored',
      hidden: true,
    },
  },
  run: (input, context) => save(input, context),
})
