/** Changes of files as docker's and podman's `diff` print them. */
import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import { encodeJson } from './template/json.ts'

/** Kind (A, C or D) and path. */
type Change = readonly [string, string]

/** `format`: '' for lines, `json` for podman's object of lists. */
export function printChanges(changes: readonly Change[], format: string, context: Context): void {
  if (format === 'json') {
    const of = (kind: string) => changes.filter(([own]) => own === kind).map(([, path]) => path)
    const lists = { changed: of('C'), added: of('A'), deleted: of('D') }
    const present = Object.entries(lists).filter(([, list]) => list.length > 0)
    context.out.write(`${encodeJson(Object.fromEntries(present))}\n`)
    return
  }
  if (format !== '') throw usage('only supported value for --format is json')
  context.out.write(changes.map(([kind, path]) => `${kind} ${path}\n`).join(''))
}
