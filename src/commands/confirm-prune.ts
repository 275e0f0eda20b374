/** Asking before a prune, and showing what exactly will go. */
import { confirm } from '../cli/confirm.ts'
import type { Context } from '../cli/context.ts'
import type { PrunedKind } from '../output/prune-view.ts'

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
