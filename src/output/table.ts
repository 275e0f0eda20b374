/**
 * Elastic tab stops: cells end in a tab, a column is as wide as its widest cell plus three spaces and at least ten,
 * and the last cell of a line is not padded. A column is a run of consecutive lines that have a cell there, so a
 * block with fewer cells does not widen the next one. The same bytes to a pipe as to a terminal.
 */
const PADDING = 3
const LEAST = 10

/**
 * Lays out lines of tab-separated cells. Text comes in and goes out with its newlines.
 * @param least how wide a column is at least
 */
export function layOutTable(text: string, least = LEAST): string {
  const lines = text.split('\n').map((line) => line.split('\t'))
  const widths = lines.map((): number[] => [])
  layOutColumns(lines, widths, { first: 0, end: lines.length, column: 0, least })
  return lines.map((cells, row) => joinCells(cells, widths[row] ?? [])).join('\n')
}

interface Block {
  readonly first: number
  readonly end: number
  readonly column: number
  readonly least: number
}

/** Finds the runs of lines in [first, end) that have a tab-terminated cell in `column`, and goes right in each. */
function layOutColumns(lines: string[][], widths: number[][], { first, end, column, least }: Block): void {
  let row = first
  while (row < end) {
    if (!hasCell(lines, row, column)) {
      row += 1
      continue
    }
    const start = row
    let width = least
    for (; row < end && hasCell(lines, row, column); row += 1) {
      width = Math.max(width, characters(lines[row]?.[column] ?? '') + PADDING)
    }
    for (let line = start; line < row; line += 1) widths[line]?.push(width)
    layOutColumns(lines, widths, { first: start, end: row, column: column + 1, least })
  }
}

/** The last piece of a line ends in the newline, not in a tab: it belongs to no column. */
function hasCell(lines: string[][], row: number, column: number): boolean {
  return column < (lines[row]?.length ?? 0) - 1
}

function joinCells(cells: readonly string[], widths: readonly number[]): string {
  let line = ''
  for (const [column, cell] of cells.entries()) {
    line += cell
    const width = widths[column]
    if (width !== undefined) line += ' '.repeat(width - characters(cell))
  }
  return line
}

/** Code points, as the tables of Go programs count them. */
function characters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
