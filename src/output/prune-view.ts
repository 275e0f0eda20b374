/** What prune commands say, in docker's words; and before they ask, what exactly will go. */
import { confirm } from '../cli/confirm.ts'
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

/**
 * Asks, unless `force`. On a terminal `plan` is asked first for what would go, and shown: a person should not have to
 * guess what a warning means.
 */
export function confirmPrune(
  warning: string,
  force: boolean,
  plan: () => readonly PrunedKind[],
  context: Context,
): boolean {
  if (force) return true
  const lines = context.out.terminal ? plan().flatMap(({ kind, lines }) => listed(kind, lines)) : []
  return confirm([...lines, warning].join('\n'), context)
}

const mostShown = 20

function listed(kind: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const more = lines.length > mostShown ? [`  … and ${lines.length - mostShown} more`] : []
  return [`${kind} that will go:`, ...lines.slice(0, mostShown).map((line) => `  ${line}`), ...more, '']
}
