/** TOML, read by the runtime. */
import { SampanError } from '../../errors.ts'

/** @throws SampanError naming the file and the line */
export function parseToml(text: string, path: string): unknown {
  try {
    return Bun.TOML.parse(text)
  } catch (cause) {
    const what = (cause instanceof Error ? cause.message : String(cause)).replace(/^TOML Parse error: /, '')
    throw new SampanError(`${path}:${mistakeLine(text)}: ${what}`, {
      hint: 'the file is TOML: see containers-registries.conf(5)',
      cause,
    })
  }
}

/** Where the statement with the mistake begins: the runtime does not say. What stands before it is a whole document. */
function mistakeLine(text: string): number {
  const lines = text.split('\n')
  for (let count = lines.length - 1; count > 0; count -= 1) {
    try {
      Bun.TOML.parse(lines.slice(0, count).join('\n'))
      return count + 1
    } catch {
      // The mistake, or the middle of a list, is still in there.
    }
  }
  return 1
}
