/** Commands that take several containers: each on its own, one failure does not keep the others. */
import { readFileSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { type Container, ContainerStore, noSuchContainer } from '../containers/store.ts'
import { SampanError, usage } from '../errors.ts'
import { matching } from './list.ts'

export interface Selection {
  readonly operands: readonly string[]
  /** Every container. */
  readonly all?: boolean
  /** The one made last. */
  readonly latest?: boolean
  readonly filter?: readonly string[]
  /** Files that hold an id. */
  readonly cidfile?: readonly string[]
  /** Names that are not there are no error. */
  readonly ignore?: boolean
}

/** A container, and what to print for it: the word that was typed. */
export interface Chosen {
  readonly word: string
  readonly find: () => Container
}

/** What the words and options select. Throws usage where they contradict each other or select by nothing. */
export function choose(selection: Selection, context: Context): Chosen[] {
  const store = new ContainerStore(context.directories)
  const { operands, all = false, latest = false, filter = [], cidfile = [] } = selection
  const ways = [operands.length > 0, all, latest, filter.length > 0, cidfile.length > 0].filter(
    Boolean,
  ).length
  if (ways > 1 && !(operands.length > 0 && cidfile.length > 0)) {
    throw usage('give containers by name, or one of --all, --latest, --filter and --cidfile')
  }
  if (ways === 0)
    // As for any wrong number of operands: docker's 1, not the 125 of a wrong flag.
    throw new SampanError('requires at least 1 argument', {
      exitCode: 1,
      kind: 'usage',
      hint: 'name a container, or use --all; `ps -a` lists them',
    })
  const ids = cidfile.map((path) => readFileSync(path, 'utf8').trim())
  if (operands.length + ids.length > 0) {
    return [...operands, ...ids].map((word) => ({ word, find: () => store.find(word) }))
  }
  const found = matching(filter, true, context)
  const chosen = latest ? found.slice(0, 1) : found
  if (latest && chosen.length === 0) throw new SampanError('no containers to choose the latest of')
  return chosen.map(({ container }) => ({ word: container.id, find: () => container }))
}

/**
 * Does it to each, in order, and prints what `action` returns. When all were tried, the last failure is thrown and
 * those before it are printed as errors.
 * @param ignore one that is not there is no failure; something may stand for it
 */
export async function doToEach(
  chosen: readonly Chosen[],
  ignore: boolean | { readonly print: string },
  context: Context,
  action: (container: Container, word: string) => string | undefined | Promise<string | undefined>,
): Promise<number> {
  const failures: unknown[] = []
  for (const { word, find } of chosen) {
    try {
      const line = await action(find(), word)
      if (line !== undefined) context.out.write(`${line}\n`)
    } catch (error) {
      const missing = error instanceof SampanError && error.kind === 'no-such-container'
      // One that went while we were at it is named by the word that was typed, too.
      if (!missing) failures.push(error)
      else if (ignore === false) failures.push(noSuchContainer(word))
      else if (ignore !== true) context.out.write(`${ignore.print}\n`)
    }
  }
  const last = failures.pop()
  for (const failure of failures)
    context.out.note(`Error: ${failure instanceof Error ? failure.message : String(failure)}`)
  if (last !== undefined) throw last
  return 0
}
