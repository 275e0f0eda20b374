/**
 * Where things stand in a JSON text (RFC 8259): for files that people write, whose mistakes should be shown by line.
 * Only used once something is wrong: reading is JSON.parse's work.
 */

export type JsonPath = readonly (string | number)[]

export interface JsonMistake {
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly what: string
}

/** The first thing that is no JSON; undefined for text that is. */
export function findMistake(text: string): JsonMistake | undefined {
  try {
    new Scanner(text, () => undefined).document()
    return undefined
  } catch (error) {
    if (error instanceof Unexpected) return { ...place(text, error.at), what: error.message }
    throw error
  }
}

/** The line (from 1) of the value at a path, or of the closest one around it that is there. */
export function lineOf(text: string, path: JsonPath): number {
  let best = 0
  let depth = -1
  try {
    new Scanner(text, (at, here) => {
      if (here.length > depth && here.every((key, level) => key === path[level])) {
        best = at
        depth = here.length
      }
    }).document()
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error
  }
  return place(text, best).line
}

function place(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

class Unexpected extends Error {
  readonly at: number

  constructor(at: number, what: string) {
    super(what)
    this.at = at
  }
}

/** Calls back at every key and list item with where it begins. */
class Scanner {
  readonly #text: string
  readonly #visit: (at: number, path: JsonPath) => void
  #at = 0

  constructor(text: string, visit: (at: number, path: JsonPath) => void) {
    this.#text = text
    this.#visit = visit
  }

  document(): void {
    this.#value([])
    this.#space()
    if (this.#at < this.#text.length) throw this.#unexpected('nothing more')
  }

  #value(path: JsonPath): void {
    this.#space()
    const next = this.#text[this.#at]
    if (next === '{') this.#object(path)
    else if (next === '[') this.#array(path)
    else if (next === '"') this.#string()
    else if (!this.#take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y))
      throw this.#unexpected('a value')
  }

  #object(path: JsonPath): void {
    this.#at += 1
    for (let first = true; !this.#closes('}', first, 'a comma or }'); first = false) {
      this.#space()
      const at = this.#at
      if (this.#text[at] !== '"') throw this.#unexpected(first ? '"a name" or }' : 'a name in double quotes')
      const here = [...path, this.#string()]
      this.#visit(at, here)
      this.#space()
      if (this.#text[this.#at] !== ':') throw this.#unexpected('a colon')
      this.#at += 1
      this.#value(here)
    }
  }

  #array(path: JsonPath): void {
    this.#at += 1
    for (let count = 0; !this.#closes(']', count === 0, 'a comma or ]'); count += 1) {
      this.#space()
      const here = [...path, count]
      this.#visit(this.#at, here)
      this.#value(here)
    }
  }

  /** The closing bracket is next; else the comma before the next member is taken. */
  #closes(bracket: string, first: boolean, wanted: string): boolean {
    this.#space()
    if (this.#text[this.#at] === bracket) {
      this.#at += 1
      return true
    }
    if (first) return false
    if (this.#text[this.#at] !== ',') throw this.#unexpected(wanted)
    this.#at += 1
    return false
  }

  #string(): string {
    const start = this.#at
    if (!this.#take(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y))
      throw this.#unexpected('a whole string')
    return JSON.parse(this.#text.slice(start, this.#at)) as string
  }

  #space(): void {
    this.#take(/[ \t\r\n]*/y)
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return false
    this.#at = pattern.lastIndex
    return true
  }

  #unexpected(wanted: string): Unexpected {
    const next = this.#text[this.#at]
    if (next === undefined) return new Unexpected(this.#at, `expected ${wanted}, and the file ends`)
    if (this.#text.startsWith('//', this.#at) || next === '#')
      return new Unexpected(this.#at, `expected ${wanted}; JSON has no comments`)
    return new Unexpected(this.#at, `expected ${wanted}, not ${JSON.stringify(next)}`)
  }
}
