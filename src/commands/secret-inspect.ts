import { command } from '../cli/command.ts'
import { exitCodeOf, reportError } from '../cli/report.ts'
import { inspectSecret } from '../operations/secrets.ts'
import { humanTimestamp } from '../output/human.ts'
import { printObjects } from '../output/objects.ts'
import { inspectOptions } from './inspect-options.ts'

export default command({
  names: [['secret', 'inspect']],
  summary: 'Print everything about secrets as JSON, but what they say',
  operands: 'SECRET [SECRET...]',
  arity: [1, Number.POSITIVE_INFINITY],
  examples: ['db-password', '--showsecret db-password'],
  options: {
    ...inspectOptions,
    pretty: { type: 'boolean', describe: 'Lines for people' },
    showsecret: { type: 'boolean', describe: 'What it says, too' },
  },
  run: ({ operands, options: { format, pretty, showsecret } }, context) => {
    const objects: object[] = []
    const errors: unknown[] = []
    for (const word of operands) {
      try {
        objects.push(inspectSecret(word, showsecret, context))
      } catch (error) {
        errors.push(error)
      }
    }
    if (pretty) for (const object of objects) context.out.write(prettyText(object as Shown))
    else printObjects(objects, format, context)
    for (const error of errors) reportError(error, context)
    return Math.max(0, ...errors.map((error) => exitCodeOf(error, 1, context.dialect)))
  },
})

interface Shown {
  readonly ID: string
  readonly CreatedAt: string
  readonly UpdatedAt: string
  readonly Spec: { readonly Name: string; readonly Labels: Readonly<Record<string, string>> }
  readonly SecretData?: string
}

/** Docker's lines. */
function prettyText({ ID, CreatedAt, UpdatedAt, Spec, SecretData }: Shown): string {
  const labels = Object.entries(Spec.Labels).map(([key, value]) => ` - ${key}=${value}`)
  const lines = [
    `ID:              ${ID}`,
    `Name:            ${Spec.Name}`,
    ...(labels.length > 0 ? ['Labels:', ...labels] : []),
    `Driver:          file`,
    `Created at:      ${humanTimestamp(CreatedAt)}`,
    `Updated at:      ${humanTimestamp(UpdatedAt)}`,
    ...(SecretData === undefined ? [] : [`Secret:          ${SecretData}`]),
  ]
  return `${lines.join('\n')}\n`
}
