import { readFileSync } from 'node:fs'

/** What user namespace this process is in, by its map: one id, root's own (all ids to themselves), or a full one. */
export function mappingHere(): 'full' | 'single' | 'identity' {
  const lines = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')
  const [inside, outside, count] = (lines[0] ?? '').trim().split(/\s+/).map(Number)
  if (inside === 0 && outside === 0 && count === 4294967295) return 'identity'
  return lines.length === 1 && count === 1 ? 'single' : 'full'
}
