import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { choose } from '../operations/each.ts'
import { listProcesses } from '../operations/top.ts'
import { processColumns } from '../output/process-columns.ts'
import { layOutTable } from '../output/table.ts'
import { latest } from './container-options.ts'

/** Docker's columns of `top` are at least this wide. */
const LEAST = 20

export default command({
  names: [['top'], ['container', 'top']],
  summary: 'List the processes of a container',
  operands: 'CONTAINER [ps OPTIONS]',
  arity: [0, Number.POSITIVE_INFINITY],
  complete: 'running-containers',
  stopAtFirstOperand: true,
  examples: ['web', 'web aux', 'web -o pid,user,args'],
  options: { latest },
  run: ({ options: { latest }, operands }, context) => {
    const named = latest ? [] : operands.slice(0, 1)
    const [chosen] = choose({ operands: named, latest }, context)
    if (chosen === undefined) throw usage('requires at least 1 argument')
    const columns = processColumns(latest ? operands : operands.slice(1))
    const rows = listProcesses(chosen.find(), context).map((row) => columns.map(({ value }) => value(row)))
    const lines = [columns.map(({ heading }) => heading), ...rows].map((cells) => `${cells.join('\t')}\n`)
    context.out.write(layOutTable(lines.join(''), LEAST))
    return 0
  },
})
