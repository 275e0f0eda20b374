import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { findBuild, forgetBuild, pastBuilds } from '../operations/build-history.ts'

export default command({
  names: [['buildx', 'history', 'rm']],
  summary: 'Forget builds; what they made stays',
  operands: '[BUILD...]',
  arity: [0, Number.POSITIVE_INFINITY],
  examples: ['^0', '--all'],
  options: {
    all: { type: 'boolean', describe: 'Forget all of them' },
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
    'dry-run': { type: 'boolean', describe: 'Say what would be forgotten, and forget nothing' },
  },
  run: ({ operands, options }, context) => {
    if (options.all === operands.length > 0) throw usage('name builds, or say --all')
    const builds = options.all ? pastBuilds(context) : operands.map((which) => findBuild(which, context))
    for (const build of builds) {
      if (!options['dry-run']) forgetBuild(build, context)
      context.out.write(`${build.id}\n`)
    }
    return 0
  },
})
