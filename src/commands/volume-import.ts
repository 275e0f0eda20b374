import { command } from '../cli/command.ts'
import { importVolume } from '../operations/volume-archive.ts'

export default command({
  names: [['volume', 'import']],
  summary: 'Put the files of a tar archive into a volume that exists',
  operands: 'VOLUME FILE|-',
  arity: [2, 2],
  complete: 'volumes',
  examples: ['data data.tar', 'data - < data.tar.gz'],
  options: {},
  run: async ({ operands: [name = '', source = ''] }, context) => {
    await importVolume(name, source, context)
    return 0
  },
})
