import { readFromUnion } from '../../containers/union.ts'
import { parseOwner } from './modes.ts'
import type { Owner } from './upper.ts'

/**
 * The ids of `user[:group]`, names looked up in a tree of layers (folders, the top one first).
 * @throws SampanError for a name that the tree does not know
 */
export function ownerIn(union: readonly string[], words: string): Owner {
  return parseOwner(words, {
    passwd: () => readFromUnion(union, '/etc/passwd'),
    group: () => readFromUnion(union, '/etc/group'),
  })
}
