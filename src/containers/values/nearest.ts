/** "Did you mean": the one known word that a mistyped word is close to. */

/** The nearest of the candidates, at most two slips (or a third of the word) away; undefined when none is close. */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  const allowed = Math.max(1, Math.min(2, Math.floor(typed.length / 3)))
  let best: string | undefined
  let least = allowed + 1
  for (const candidate of candidates) {
    const slips = distance(typed, candidate)
    if (slips < least) {
      best = candidate
      least = slips
    }
  }
  return best
}

/** Slips between two words: a letter more, less or wrong, or two neighbours swapped, each count one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j += 1) {
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + wrong)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) least = Math.min(least, at(i - 2, j - 2) + 1)
      row.push(least)
    }
  }
  return at(a.length, b.length)
}
