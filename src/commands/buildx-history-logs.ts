import { command } from '../cli/command.ts'
import { unsupported } from '../errors.ts'
import { buildLog, findBuild } from '../operations/build-history.ts'

export default command({
  names: [['buildx', 'history', 'logs']],
  summary: 'Show what a build said: the latest, or one by its id or ^N',
  operands: '[BUILD]',
  arity: [0, 1],
  examples: ['', '^1'],
  options: {
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
    progress: {
      type: 'string',
      default: 'plain',
      describe: 'plain: it was kept so',
      complete: ['plain'],
    },
  },
  run: ({ operands: [which], options: { progress } }, context) => {
    if (!['plain', 'auto'].includes(progress))
      throw unsupported(`--progress ${progress}`, 'what a build said is kept as plain lines')
    context.out.write(buildLog(findBuild(which, context), context))
    return 0
  },
})
