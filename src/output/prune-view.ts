/** What prune commands say, in docker's words. */
import type { Context } from '../cli/context.ts'
import { humanSize } from './human.ts'

/** One kind of thing that goes. */
export interface PrunedKind {
  /** `Images`, `Containers`, as in docker's headings. */
  readonly kind: string
  /** One line each. */
  readonly lines: readonly string[]
}

/** Sections that have lines, then the sum. Nothing is gone yet where it is only a rehearsal. */
export function printPruned(
  kinds: readonly PrunedKind[],
  bytes: number,
  { dryRun }: { readonly dryRun: boolean },
  context: Context,
): void {
  const heading = (kind: string) => (dryRun ? `${kind} that would be deleted:` : `Deleted ${kind}:`)
  const sections = kinds
    .filter(({ lines }) => lines.length > 0)
    .map(({ kind, lines }) => `${heading(kind)}\n${lines.join('\n')}\n\n`)
  const total = dryRun ? 'Total reclaimable space' : 'Total reclaimed space'
  context.out.write(`${sections.join('')}${total}: ${humanSize(bytes, 4)}\n`)
}
