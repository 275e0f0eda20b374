/** The result: one row a figure, ours beside the peer's, and whether the budget holds. */

export interface Row {
  readonly figure: string
  readonly unit: string
  readonly ours: number | undefined
  readonly peer: number | undefined
  /** `ratio` is ours ÷ peer, `absolute` is in the row's unit; both where a figure has two budgets. */
  readonly atMost?: { readonly ratio?: number; readonly absolute?: number } | undefined
  /** Ours ÷ peer, where more is better. */
  readonly atLeast?: number
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export function ratio({ ours, peer }: Row): number | undefined {
  return ours === undefined || peer === undefined ? undefined : ours / peer
}

/** Undefined when a figure could not be measured here. */
export function holds(row: Row): boolean | undefined {
  const { atMost = {}, atLeast, ours } = row
  const times = ratio(row)
  const compared = atMost.ratio !== undefined || atLeast !== undefined
  if (ours === undefined || (compared && times === undefined)) return undefined
  return (
    (atMost.absolute === undefined || ours <= atMost.absolute) &&
    (atMost.ratio === undefined || (times ?? 0) <= atMost.ratio) &&
    (atLeast === undefined || (times ?? 0) >= atLeast)
  )
}

/** A Markdown table that reads as well on a terminal. */
export function render(rows: readonly Row[]): string {
  const number = (value: number | undefined, unit: string) =>
    value === undefined ? '–' : `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`
  const cells = rows.map((row) => [
    row.figure,
    number(row.ours, row.unit),
    number(row.peer, row.unit),
    ratio(row)?.toFixed(2) ?? '–',
    budgetOf(row),
    { true: 'yes', false: '**no**', undefined: '–' }[String(holds(row)) as 'true' | 'false' | 'undefined'],
  ])
  const heading = ['figure', 'sampan', 'peer', 'ratio', 'budget', 'holds']
  const widths = heading.map((word, column) =>
    Math.max(word.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(heading), rule, ...cells.map(line)].join('\n')
}

function budgetOf({ atMost, atLeast, unit }: Row): string {
  return [
    ...(atMost?.ratio === undefined ? [] : [`≤ ${atMost.ratio} ×`]),
    ...(atMost?.absolute === undefined ? [] : [`≤ ${atMost.absolute} ${unit}`]),
    ...(atLeast === undefined ? [] : [`≥ ${atLeast} ×`]),
  ].join(', ')
}
