import { command } from '../cli/command.ts'
import { exportContainer } from '../operations/export.ts'

export default command({
  names: [['export'], ['container', 'export']],
  summary: "Write a container's files to a tar archive, or to standard output",
  operands: 'CONTAINER',
  arity: [1, 1],
  complete: 'containers',
  examples: ['-o files.tar web', 'web | tar -tv', 'web | sampan import - flat:1'],
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      complete: 'files',
      describe: 'Write to a file instead of standard output',
    },
  },
  run: (input, context) => exportContainer(input, context),
})
