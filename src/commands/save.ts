import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import { save } from '../operations/save.ts'

export default command({
  names: [['save'], ['image', 'save']],
  summary: 'Save images to an archive, or to standard output',
  operands: 'IMAGE [IMAGE...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'images',
  examples: ['-o busybox.tar busybox', 'web:1 db:2 | zstd > all.tar.zst', '--format oci-dir -o layout web:1'],
  options: {
    compress: { type: 'boolean', describe: 'Not supported', hidden: true },
    format: {
      type: 'string',
      value: 'FORMAT',
      default: 'docker-archive',
      complete: ['docker-archive', 'oci-archive', 'oci-dir'],
      describe: 'docker-archive (an OCI layout inside, too), oci-archive or oci-dir',
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
    uncompressed: { type: 'boolean', describe: 'Not supported', hidden: true },
  },
  run: (input, context) => {
    const { compress, uncompressed } = input.options
    if (compress)
      throw unsupported('save --compress', 'layers are saved as they are stored: pipe through gzip or zstd')
    if (uncompressed) throw unsupported('save --uncompressed', 'layers are saved as they are stored')
    return save(input, context)
  },
})
