import { command } from '../cli/command.ts'
import { importArchive } from '../operations/import.ts'

export default command({
  names: [['import'], ['image', 'import']],
  summary: 'Make an image from a root filesystem in a tar archive',
  operands: 'FILE|URL|- [NAME[:TAG]]',
  arity: [1, 2],
  complete: 'files',
  examples: ['rootfs.tar.gz mine:1', '-c "CMD /bin/bash" - debian:mine < rootfs.tar'],
  options: {
    change: {
      type: 'list',
      short: 'c',
      value: 'INSTRUCTION',
      describe: 'A Dockerfile instruction to apply (CMD, ENV, EXPOSE, …)',
    },
    message: { type: 'string', short: 'm', value: 'TEXT', describe: "Comment for the image's history" },
    platform: {
      type: 'string',
      value: 'OS/ARCH[/VARIANT]',
      describe: 'What the files are for, if not this machine',
    },
    arch: { type: 'string', value: 'ARCH', describe: 'Architecture of the image' },
    os: { type: 'string', value: 'OS', describe: 'Operating system of the image' },
    variant: { type: 'string', value: 'VARIANT', describe: 'Variant of the architecture' },
    quiet: { type: 'boolean', short: 'q', describe: 'Print the id only, as without it' },
  },
  run: (input, context) => importArchive(input, context),
})
