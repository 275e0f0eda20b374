import { command } from '../cli/command.ts'
import { SampanError } from '../errors.ts'
import { chosenSecrets, removeSecret } from '../operations/secrets.ts'
import { pruneOptions } from './prune-options.ts'

export default command({
  names: [
    ['secret', 'rm'],
    ['secret', 'remove'],
  ],
  summary: 'Remove secrets; containers keep what they have',
  operands: 'SECRET [SECRET...]',
  arity: [0, Number.POSITIVE_INFINITY],
  examples: ['db-password', '--all'],
  options: {
    all: { type: 'boolean', short: 'a', describe: 'All secrets' },
    'dry-run': pruneOptions['dry-run'],
    ignore: { type: 'boolean', short: 'i', describe: 'One that is not there is no error' },
  },
  run: ({ operands, options: { all, ignore, 'dry-run': dryRun } }, context) => {
    const failures: SampanError[] = []
    for (const word of chosenSecrets(operands, all, context)) {
      try {
        const id = removeSecret(word, dryRun, context)
        context.out.write(dryRun ? `Would remove: ${id}\n` : `${id}\n`)
      } catch (error) {
        if (!(error instanceof SampanError)) throw error
        if (error.kind !== 'no-such-object' || !ignore) failures.push(error)
      }
    }
    const last = failures.pop()
    for (const { message } of failures) context.out.note(`Error: ${message}`)
    if (last !== undefined) throw last
    return 0
  },
})
