import { command } from '../cli/command.ts'
import { SampanError } from '../errors.ts'
import { chosenSecrets, removeSecret } from '../operations/secrets.ts'

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
    ignore: { type: 'boolean', short: 'i', describe: 'One that is not there is no error' },
  },
  run: ({ operands, options: { all, ignore } }, context) => {
    const failures: SampanError[] = []
    for (const word of chosenSecrets(operands, all, context)) {
      try {
        context.out.write(`${removeSecret(word, context)}\n`)
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
