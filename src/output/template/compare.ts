/** `eq`, `lt` and their kin: basic values of one kind only, as in Go. */
import { Nil, NO_VALUE } from './values.ts'

/** @throws Error `incompatible types for comparison` */
export function equal(a: unknown, b: unknown): boolean {
  const [first, second] = [kindOf(a), kindOf(b)]
  if (first === 'nil' || second === 'nil') return first === second
  if (first !== second) throw new Error('incompatible types for comparison')
  return a === b
}

/** Negative, 0 or positive. @throws Error for values that have no order */
export function compare(a: unknown, b: unknown): number {
  const [first, second] = [kindOf(a), kindOf(b)]
  if (first === 'nil' || first === 'boolean') throw new Error('invalid type for comparison')
  if (first !== second) throw new Error('incompatible types for comparison')
  return a === b ? 0 : (a as string | number) < (b as string | number) ? -1 : 1
}

function kindOf(value: unknown): 'nil' | 'boolean' | 'number' | 'string' {
  if (value === null || value === undefined || value === NO_VALUE || value instanceof Nil) return 'nil'
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') {
    return typeof value as 'boolean' | 'number' | 'string'
  }
  throw new Error('non-comparable type')
}
