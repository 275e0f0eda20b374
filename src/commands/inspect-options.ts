/** What `inspect`, `container inspect` and `image inspect` have in common. */
import type { Options } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { exitCodeOf, reportError } from '../cli/report.ts'
import { SampanError } from '../errors.ts'
import { type InspectOptions, inspect } from '../operations/inspect.ts'
import { printObjects } from '../output/objects.ts'

export const inspectOptions = {
  format: {
    type: 'string',
    short: 'f',
    value: 'FORMAT',
    describe: "Print with a Go template, or 'json' for one line",
  },
} as const satisfies Options

/** Prints what was found, then complains about what was not. Returns the exit code. */
export async function printInspected(
  names: readonly string[],
  options: InspectOptions,
  format: string | undefined,
  context: Context,
): Promise<number> {
  const { objects, errors } = await inspect(names, options, context)
  printObjects(objects, format, context)
  for (const error of errors) reportError(error, context)
  return Math.max(0, ...errors.map((error) => exitCodeOf(error, 1, context.dialect)))
}

/** The names to inspect: those given, or with `--latest` the container made last. Throws usage for both or neither. */
export async function namesOrLatest(
  operands: readonly string[],
  latest: boolean,
  context: Context,
): Promise<readonly string[]> {
  if (!latest && operands.length > 0) return operands
  const { choose } = await import('../operations/each.ts')
  if (latest) return choose({ operands, latest }, context).map(({ word }) => word)
  throw new SampanError('requires at least 1 argument', {
    exitCode: 1,
    kind: 'usage',
    hint: 'name what to inspect',
  })
}
