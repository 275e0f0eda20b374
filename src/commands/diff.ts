import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { diffContainer } from '../operations/container-diff.ts'
import { choose } from '../operations/each.ts'
import { printChanges } from '../output/changes-view.ts'
import { latest } from './container-options.ts'

export default command({
  names: [['diff'], ['container', 'diff']],
  summary: 'Show the files a container changed of its image',
  operands: 'CONTAINER [CONTAINER]',
  arity: [0, 2],
  complete: 'containers',
  examples: ['web', '--format json web', 'web web-before'],
  options: {
    format: { type: 'string', value: 'FORMAT', default: '', complete: ['json'], describe: 'json' },
    latest,
  },
  run: async ({ options: { format, latest }, operands }, context) => {
    if (latest && operands.length > 0) throw usage('give a container, or --latest')
    const [chosen] = choose({ operands: operands.slice(0, 1), latest }, context)
    const names = latest ? [chosen?.word ?? ''] : operands
    printChanges(await diffContainer(names, context), format, context)
    return 0
  },
})
