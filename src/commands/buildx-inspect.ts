import { command } from '../cli/command.ts'
import { builderText, theBuilder } from '../output/builder-view.ts'

export default command({
  names: [['buildx', 'inspect']],
  // A script that made one by another name asks for that.
  summary: 'Show the builder',
  operands: '[NAME]',
  arity: [0, 1],
  options: {
    bootstrap: { type: 'boolean', describe: 'Accepted: it needs no start', hidden: true },
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
  },
  run: ({ operands: [name = theBuilder.name] }, context) => {
    context.out.write(builderText({ ...theBuilder, name }))
    return 0
  },
})
