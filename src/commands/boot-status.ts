import { command } from '../cli/command.ts'
import { bootStatus } from '../operations/boot.ts'
import { bootText } from '../output/boot-text.ts'
import { printValue } from '../output/objects.ts'

export default command({
  names: [['boot', 'status']],
  summary: 'Show what starts with the machine, and how: 0 when it is set up, else 1',
  operands: '',
  arity: [0, 0],
  examples: ['', "--format '{{.Path}}'"],
  options: { format: { type: 'string', describe: 'json or a Go template', value: 'FORMAT' } },
  run: ({ options: { format } }, context) => {
    const status = bootStatus(context)
    if (format === undefined || format === '') context.out.write(bootText(status))
    else printValue(status, format, context)
    return status.Enabled ? 0 : 1
  },
})
