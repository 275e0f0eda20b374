/** The patterns of `${v#p}`, `${v%p}` and `${v/p/r}`: `*` is any text, `?` one character, a backslash makes either plain. Pure. */
import { SampanError } from '../../errors.ts'

export function shortestPrefix(value: string, pattern: string): string {
  return trimmed(value, pattern, (length) => [value.slice(0, length), value.slice(length)])
}

export function longestPrefix(value: string, pattern: string): string {
  return trimmed(value, pattern, (length) => [
    value.slice(0, value.length - length),
    value.slice(value.length - length),
  ])
}

export function shortestSuffix(value: string, pattern: string): string {
  return trimmed(value, pattern, (length) => [
    value.slice(value.length - length),
    value.slice(0, value.length - length),
  ])
}

export function longestSuffix(value: string, pattern: string): string {
  return trimmed(value, pattern, (length) => [value.slice(length), value.slice(0, length)])
}

/** @param everywhere false: only the first place that fits, the longest text there */
export function replaced(value: string, pattern: string, word: string, everywhere: boolean): string {
  return value.replace(new RegExp(expressionOf(pattern), everywhere ? 'gsu' : 'su'), () => word)
}

/** Tries the cuts in the order of `cut`'s argument, 0 to the length; what is left of the first that fits. */
function trimmed(
  value: string,
  pattern: string,
  cut: (length: number) => [candidate: string, rest: string],
): string {
  const whole = new RegExp(`^(?:${expressionOf(pattern)})$`, 'su')
  for (let length = 0; length <= value.length; length++) {
    const [candidate, rest] = cut(length)
    if (whole.test(candidate)) return rest
  }
  return value
}

function expressionOf(pattern: string): string {
  return pattern.replace(/\\([\s\S])|([\s\S])/g, (_, escaped?: string, plain?: string) => {
    if (plain === '*') return '.*'
    if (plain === '?') return '.'
    if (plain === '\\') throw problem(pattern)
    if (escaped !== undefined && !['*', '?', '\\', '}', '/'].includes(escaped)) throw problem(pattern)
    return (escaped ?? plain ?? '').replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  })
}

function problem(pattern: string): SampanError {
  return new SampanError(`invalid pattern (${pattern}) in substitution`, {
    hint: 'a backslash may stand before *, ?, /, } and a backslash',
    kind: 'usage',
  })
}
