import { command } from '../cli/command.ts'
import { diskUsage } from '../operations/disk-usage.ts'
import { printDiskUsage, printDiskUsageTables } from '../output/disk-usage-view.ts'

export default command({
  names: [['system', 'df']],
  summary: 'Show what images, containers and volumes take on disk',
  operands: '',
  arity: [0, 0],
  examples: ['', '-v', "--format '{{.Type}}: {{.Reclaimable}}'"],
  options: {
    format: { type: 'string', value: 'FORMAT', describe: 'table, json, json-array or a Go template' },
    verbose: { type: 'boolean', short: 'v', describe: 'Every image, container and volume' },
  },
  run: ({ options }, context) => {
    const print = options.verbose ? printDiskUsageTables : printDiskUsage
    print(diskUsage(context), options.format, context)
    return 0
  },
})
