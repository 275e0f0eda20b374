import { command } from '../cli/command.ts'
import { existingVolume } from '../operations/volumes.ts'
import { VolumeStore } from '../volumes/store.ts'

export default command({
  names: [['volume', 'mount']],
  summary: "Print where a volume's files are; those of users other than root need `unshare`",
  operands: 'VOLUME [VOLUME...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'volumes',
  examples: ['data', 'data; sampan unshare ls -l "$(sampan volume mount data)"'],
  options: {},
  run: ({ operands }, context) => {
    const store = new VolumeStore(context.directories)
    for (const name of operands) {
      existingVolume(name, store)
      context.out.write(`${store.mountpointOf(name)}\n`)
    }
    return 0
  },
})
