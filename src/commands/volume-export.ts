import { command } from '../cli/command.ts'
import { exportVolume } from '../operations/volume-archive.ts'

export default command({
  names: [['volume', 'export']],
  summary: "Write a volume's files to a tar archive, or to standard output",
  operands: 'VOLUME',
  arity: [1, 1],
  complete: 'volumes',
  examples: ['-o data.tar data', 'data | gzip > data.tar.gz'],
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      complete: 'files',
      describe: 'Write to a file instead of standard output',
    },
  },
  run: async ({ operands: [name = ''], options: { output } }, context) => {
    await exportVolume(name, output || undefined, context)
    return 0
  },
})
