/** Options that are known and not done: parsed, so that the sentence is about the option and not about a word after it. */
import type { Options, Values } from '../cli/command.ts'
import { unsupported } from '../errors.ts'

/**
 * name → [what follows it: nothing or a value, what to do instead, values that ask for what is done anyway]. `--x=false`
 * and empty values pass.
 */
export type Refusals = Readonly<
  Record<string, readonly ['value' | 'switch', string] | readonly ['value', string, readonly string[]]>
>

export function refusals<const T extends Refusals>(table: T) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, [kind, instead]]) => [
      name,
      { type: kind === 'switch' ? 'tristate' : 'list', describe: `Not supported: ${instead}`, hidden: true },
    ]),
  ) as unknown as Readonly<Record<keyof T, Options[string]>>
  /** Throws unsupported for the first option given that is refused. */
  const refuse = (values: Values<Options>): void => {
    for (const [name, [, instead, harmless = []]] of Object.entries(table)) {
      const value = values[name]
      const given = Array.isArray(value)
        ? value.some((word) => word !== '' && !harmless.includes(word))
        : value === true
      if (given) throw unsupported(`--${name}`, instead)
    }
  }
  return { options, refuse }
}
