/**
 * What depends on the machine and the moment, made alike in a golden and in what we print: nothing else may differ. Ids
 * get numbers in the order they appear in, so that the same one stays the same one; all keep their width.
 */
export function normalise(name: string, text: string, { port }: { readonly port: string }): string {
  const ids = new Map<string, string>()
  const numbered = (id: string) => {
    const short = id.slice(0, 12)
    const known = ids.get(short) ?? String(ids.size + 1).padStart(12, '0')
    ids.set(short, known)
    return known.padEnd(id.length, 'f')
  }
  const alike = text
    .replaceAll(port, '18080')
    .replace(/\b(?:[0-9a-f]{64}|(?=[0-9]*[a-f])[0-9a-f]{12})\b/g, numbered)
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \+0000 UTC\b/g, '2026-01-02 03:04:05 +0000 UTC')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '2026-01-02T03:04:05.678901234Z')
    .replace(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, '02:00:00:00:00:01')
    .replace(/\b(?:fd[0-9a-f]{2}:[0-9a-f:]+?)::/g, 'fd00:1:2:3::')
  if (IN_ANY_ORDER.includes(name)) return `${alike.split('\n').sort().join('\n')}\n`
  return /^mistakes|-bad-|^inspect-what/.test(name) ? sentences(alike) : alike
}

/** Two streams of a program, or entries of a map of Go, which come in whichever order. */
const IN_ANY_ORDER = ['run-to-the-end', 'logs', 'changes', 'prune']

/**
 * Of each command: what it printed before its error, the error without the words around it, and its exit code. Docker
 * begins errors in three ways and may end them with the usage; we begin them in one and end them with a hint.
 */
function sentences(text: string): string {
  const commands = text.split(/^(\d+)$/m)
  const kept: string[] = []
  for (let at = 0; at + 1 < commands.length; at += 2) {
    const lines = (commands[at] ?? '').split('\n').filter((line) => line.trim() !== '')
    const data = lines.filter((line) => line === '[]')
    const error = lines.find((line) => line !== '[]') ?? ''
    const sentence = error.replace(
      /^(?:docker: )?(?:Error response from daemon: |Error: |failed to \w+ template: )?/,
      '',
    )
    kept.push(...data, sentence.replace(/^template parsing error: /, ''), commands[at + 1] ?? '')
  }
  return `${kept.join('\n')}\n`
}
