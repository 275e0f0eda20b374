/** FROM: `[--platform=…] image [AS name]`. Pure. */
import { readFlags } from './flags.ts'
import { type Statement, written } from './statement.ts'
import type { Stage } from './types.ts'
import { plainWords } from './words.ts'

/** @throws DockerfileError */
export function parseFrom(statement: Statement): Omit<Stage, 'index' | 'instructions'> {
  const { line, at } = statement
  const words = plainWords(line.text, at)
  const [base, as, name] = words
  if (
    base === undefined ||
    !(words.length === 1 || (words.length === 3 && as?.text.toUpperCase() === 'AS'))
  ) {
    const where = as?.at ?? line.text.trimEnd().length
    throw line.error(
      'FROM requires either one or three arguments',
      where,
      'FROM IMAGE, or FROM IMAGE AS NAME',
    )
  }
  if (name !== undefined && !/^[a-z][a-z0-9\-_.]*$/i.test(name.text)) {
    const quoted = JSON.stringify(name.text)
    const message = `invalid name for build stage: ${quoted}, name can't start with a number or contain symbols`
    throw line.error(message, name.at, 'a letter, then letters, digits, hyphens, underscores and dots')
  }
  const { platform } = readFlags(line, statement.flags, { platform: 'text' })
  return {
    ...written(statement),
    ...(name === undefined ? {} : { name: name.text.toLowerCase() }),
    ...(platform === undefined ? {} : { platform }),
    base: base.text,
    comments: line.comments,
  }
}
