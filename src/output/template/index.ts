/**
 * Go's text/template, as `--format` of docker and podman has it. Lexer, parser, values and functions are pure modules
 * beside this one; the language is documented at https://pkg.go.dev/text/template.
 */
import { SampanError } from '../../errors.ts'
import { evaluate, type Functions } from './evaluate.ts'
import { functions, LAZY_FUNCTIONS } from './functions.ts'
import { TemplateSyntaxError } from './lexer.ts'
import { parseTemplate } from './parser.ts'

export { headingFunctions } from './functions.ts'

/**
 * Parses once, renders many times.
 * @throws SampanError (exit code 1) `template parsing error: template: :1: …`, when parsing and when rendering
 */
export function compileTemplate(source: string, using: Functions = functions): (value: unknown) => string {
  try {
    const template = parseTemplate(source, new Set([...Object.keys(using), ...LAZY_FUNCTIONS]))
    return (value) => evaluate(template, value, using)
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error
    throw new SampanError(`template parsing error: ${error.message}`, { exitCode: 1, cause: error })
  }
}

/** Renders one value. See compileTemplate. */
export function renderTemplate(source: string, value: unknown): string {
  return compileTemplate(source)(value)
}

/** In the formats of lists a backslash and a letter stand for a tab or a newline, so that shells need no `$'…'`. */
export function interpretEscapes(source: string): string {
  return source.trim() === '' ? source : source.replaceAll('\\t', '\t').replaceAll('\\n', '\n')
}
