import { command } from '../cli/command.ts'
import { checkStore } from '../operations/check.ts'
import { printFindings } from '../output/check-view.ts'
import { refusals } from './refusals.ts'

const { options: refusedOptions, refuse } = refusals({
  max: ['value', 'layers that nobody needs go with the next image prune'],
})

export default command({
  names: [['system', 'check']],
  summary: 'Look for damage in the store, and repair it',
  operands: '',
  arity: [0, 0],
  examples: ['', '--repair', '--quick'],
  options: {
    force: { type: 'boolean', short: 'f', describe: 'With --repair: remove containers that cannot be read' },
    max: { ...refusedOptions.max, short: 'm' },
    quick: { type: 'boolean', short: 'q', describe: 'Read records and sizes only, not every byte' },
    repair: {
      type: 'boolean',
      short: 'r',
      describe: 'Mend what is found: fetch, unpack or remove just that piece',
    },
  },
  run: async ({ options }, context) => {
    refuse(options)
    return await printFindings(checkStore(options, context), context)
  },
})
