/** Changing `hosts` and `resolv.conf` of a running container without losing what its program wrote there. Pure. */

/**
 * `text`, with the lines of `before` that are not in `after` taken out, and those of `after` that it lacks put in. A line of
 * `hosts` also takes the place of another one for the same name.
 */
export function adjustLines(text: string, before: string, after: string): string {
  const wanted = new Set(linesOf(after))
  const gone = new Set(linesOf(before))
  const names = new Set([...wanted].flatMap((line) => nameOf(line) ?? []))
  const stays = (line: string) => wanted.has(line) || !(gone.has(line) || names.has(nameOf(line) ?? ''))
  const lines = linesOf(text)
  const kept = lines.filter(stays)
  const come = [...wanted].filter((line) => !kept.includes(line))
  const first = lines.findIndex((line) => !stays(line))
  return kept
    .toSpliced(first < 0 ? kept.length : first, 0, ...come)
    .map((line) => `${line}\n`)
    .join('')
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

/** The first name of a line of `hosts` that we wrote. Several lines are about localhost. */
function nameOf(line: string): string | undefined {
  const name = /^\S+\t(\S+)/.exec(line)?.[1]
  return name === 'localhost' ? undefined : name
}
