/** Prints a list of objects: table, `table TEMPLATE`, `json`, `json-array`, TEMPLATE, or ids only. */
import type { Context } from '../cli/context.ts'
import { asDot, headingDot } from './dot.ts'
import { layOutTable } from './table.ts'
import { compileTemplate, headingFunctions, interpretEscapes } from './template/index.ts'
import { encodeJson } from './template/json.ts'
import type { Style, View } from './view.ts'

export interface ListOptions {
  /** The value of `--format`; undefined or 'table' is the default table. */
  readonly format: string | undefined
  /** The fields of the default table, in order. */
  readonly columns: readonly string[]
  /** `-q`: only `quietField` of each object. */
  readonly quiet?: boolean
  /** 'ID' unless said otherwise (volumes have 'Name'). */
  readonly quietField?: string
  /** `ps -q --format …` prints ids and a warning; elsewhere a template wins over `-q`. */
  readonly quietWins?: boolean
  readonly noTrunc?: boolean
  readonly noHeading?: boolean
}

/**
 * Writes the whole list at once, the same bytes to a pipe as to a terminal.
 * @throws SampanError (exit code 1) for a template that does not parse or names a field the view does not have
 */
export function printList<T>(
  view: View<T>,
  items: readonly T[],
  options: ListOptions,
  context: Context,
): void {
  const style: Style = { truncate: !options.noTrunc }
  context.out.write(renderList(view, items, options, style, context))
}

function renderList<T>(
  view: View<T>,
  items: readonly T[],
  options: ListOptions,
  style: Style,
  context: Context,
): string {
  const format = chooseFormat(options, context)
  const lines = (line: (item: T) => string) => items.map((item) => `${line(item)}\n`).join('')
  if ('columns' in format) return table(view, items, format.columns, style, options.noHeading === true)
  if ('field' in format) return lines((item) => String(view.fields[format.field]?.value(item, style) ?? ''))
  if (format.template === 'json-array')
    return `${encodeJson(items.map((item) => asDot(view, item, style)))}\n`
  if (format.template === 'json') return lines((item) => encodeJson(asDot(view, item, style)))
  if (!/^table\b/.test(format.template)) {
    const render = compileTemplate(interpretEscapes(format.template))
    return lines((item) => render(asDot(view, item, style)))
  }
  const source = interpretEscapes(format.template.slice('table'.length).replace(/^ +| +$/g, ''))
  const render = compileTemplate(source)
  const rows = items.map((item) => render(asDot(view, item, style)))
  const heading = options.noHeading ? [] : [compileTemplate(source, headingFunctions)(headingDot(view))]
  return layOutTable([...heading, ...rows].map((row) => `${row}\n`).join(''))
}

type Format =
  | { readonly columns: readonly string[] }
  | { readonly field: string }
  | { readonly template: string }

function chooseFormat(options: ListOptions, context: Context): Format {
  const template = options.format === '' || options.format === 'table' ? undefined : options.format
  if (options.quiet && (template === undefined || options.quietWins)) {
    if (template !== undefined) {
      context.out.note('WARNING: Ignoring custom format, because both --format and --quiet are set.')
    }
    return { field: options.quietField ?? 'ID' }
  }
  if (template === undefined) return { columns: options.columns }
  // Podman's lists are one JSON array, Docker's one object a line.
  return { template: template === 'json' && context.dialect === 'podman' ? 'json-array' : template }
}

/** The default table needs no template engine: most lists of most days never load it. */
function table<T>(
  view: View<T>,
  items: readonly T[],
  columns: readonly string[],
  style: Style,
  noHeading: boolean,
): string {
  const fields = columns.map((name) => {
    const field = view.fields[name]
    if (field === undefined) throw new Error(`the view has no field ${name}`)
    return field
  })
  const rows = items.map((item) => fields.map((field) => String(field.value(item, style))).join('\t'))
  if (!noHeading) rows.unshift(fields.map((field) => field.heading).join('\t'))
  return layOutTable(rows.map((row) => `${row}\n`).join(''))
}
