/** How the rest of an instruction is cut into words. Quotes and variables stay: `expandWord` deals with them. Pure. */
import type { Escape } from './types.ts'

/** A word and where it begins in the logical line. */
export interface Word {
  readonly text: string
  readonly at: number
}

/** Between any blanks; quotes mean nothing here (a path with a blank needs the JSON form). */
export function plainWords(text: string, from: number): Word[] {
  return [...text.slice(from).matchAll(/\S+/g)].map((match) => ({ text: match[0], at: from + match.index }))
}

/** Between blanks that are neither quoted nor escaped. An escape character at the very end is dropped. */
export function quotedWords(text: string, from: number, escapeChar: Escape): Word[] {
  const words: Word[] = []
  let at = from
  while (true) {
    while (at < text.length && isBlank(text.charAt(at))) at += 1
    if (at >= text.length) return words
    const end = endOfWord(text, at, escapeChar)
    const word = text.slice(at, end)
    words.push({ text: end === text.length && endsInEscape(word, escapeChar) ? word.slice(0, -1) : word, at })
    at = end
  }
}

/** The offset after the word that begins at `from`. */
export function endOfWord(text: string, from: number, escapeChar: Escape): number {
  let quote = ''
  let at = from
  for (; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === escapeChar && quote !== "'") at += 1
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (isBlank(char)) break
  }
  return Math.min(at, text.length)
}

export function isBlank(char: string): boolean {
  return /\s/.test(char)
}

function endsInEscape(word: string, escapeChar: Escape): boolean {
  let count = 0
  while (word.charAt(word.length - 1 - count) === escapeChar) count += 1
  return count % 2 === 1
}

/**
 * `["a", "b"]`. Undefined: not a JSON list, to be read as plain text (so does a list with a comma too many).
 * `'mixed'`: a list, but not of strings alone.
 */
export function jsonWords(text: string): readonly string[] | 'mixed' | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (!Array.isArray(value)) return undefined
    return value.every((word) => typeof word === 'string') ? value : 'mixed'
  } catch {
    return undefined
  }
}
