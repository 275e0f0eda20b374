import { command } from '../cli/command.ts'
import { existingVolume } from '../operations/volumes.ts'
import { VolumeStore } from '../volumes/store.ts'

export default command({
  names: [
    ['volume', 'unmount'],
    ['volume', 'umount'],
  ],
  summary: 'Take leave of a folder that volume mount printed; it stays where it is',
  operands: 'VOLUME [VOLUME...]',
  arity: [1, Number.POSITIVE_INFINITY],
  complete: 'volumes',
  examples: ['data'],
  options: {},
  run: ({ operands }, context) => {
    const store = new VolumeStore(context.directories)
    for (const name of operands) {
      existingVolume(name, store)
      context.out.write(`${name}\n`)
    }
    return 0
  },
})
