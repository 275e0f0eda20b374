/** What `build --check` and `build --call` print, for people and as JSON with the members of buildx. */
import type { Dockerfile, Location } from '../../build/dockerfile/types.ts'
import { rules, ruleUrl } from '../../build/lint/rules.ts'
import type { Warning } from '../../build/lint/types.ts'
import type { Outline, OutlineNeed, Target } from '../../build/outline.ts'
import type { Description } from '../../operations/build/describe.ts'
import { layOutTable } from '../table.ts'

/** Text that ends in a line feed. */
export function describeText(description: Description): string {
  switch (description.call) {
    case 'check':
      return checkText(description.warnings, description.dockerfile)
    case 'outline':
      return outlineText(description.outline)
    case 'targets':
      return targetsText(description.targets)
  }
}

export function describeJson(description: Description): string {
  return `${JSON.stringify(jsonOf(description), undefined, 2)}\n`
}

/** The line or lines after a build that has warnings. */
export function warningLines(warnings: readonly Warning[]): string[] {
  if (warnings.length === 0) return []
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`
  return [
    `${count} found (build --check shows the lines):`,
    ...warnings.map(({ rule, detail, location }) => ` - ${rule}: ${detail} (line ${location.line})`),
  ]
}

function checkText(warnings: readonly Warning[], dockerfile: Dockerfile): string {
  if (warnings.length === 0) return 'Check complete, no warnings found.\n'
  const count = warnings.length === 1 ? '1 warning has' : `${warnings.length} warnings have`
  const blocks = warnings.map(({ rule, detail, location }) =>
    [
      `WARNING: ${rule} - ${ruleUrl(rule)}`,
      detail,
      `${dockerfile.path}:${location.line}`,
      ...excerpt(dockerfile, location),
      '',
    ].join('\n'),
  )
  return `Check complete, ${count} been found!\n\n${blocks.join('\n')}`
}

/** The lines meant, marked, with two around them. */
function excerpt({ lines }: Dockerfile, { line, endLine }: Location): string[] {
  const rule = '-'.repeat(20)
  const first = Math.max(1, line - 2)
  const shown = lines.slice(first - 1, endLine + 2).map((text, at) => {
    const number = first + at
    const mark = number >= line && number <= endLine ? '>>>' : '   '
    return `${String(number).padStart(4)} | ${mark} ${text}`.trimEnd()
  })
  return [rule, ...shown, rule]
}

function outlineText({ name, description, args, secrets, ssh }: Outline): string {
  const head = [`TARGET:\t${name === '' ? '(default)' : name}`]
  if (description !== '') head.push(`DESCRIPTION:\t${description}`)
  const blocks = [head]
  if (args.length > 0) {
    blocks.push([
      'BUILD ARG\tVALUE\tDESCRIPTION',
      ...args.map((arg) => `${arg.name}\t${arg.value}\t${arg.description}`),
    ])
  }
  for (const [title, needs] of [
    ['SECRET', secrets],
    ['SSH', ssh],
  ] as const) {
    if (needs.length > 0) blocks.push([`${title}\tREQUIRED`, ...needs.map(needLine)])
  }
  return `${blocks.map((lines) => table(lines)).join('\n')}`
}

function needLine({ name, required }: OutlineNeed): string {
  return `${name}\t${required ? 'true' : ''}`
}

function targetsText(targets: readonly Target[]): string {
  const named = targets.filter(({ name, default: isDefault }) => name !== '' || isDefault)
  const lines = named.map(({ name, default: isDefault, description }) => {
    const words = [...(name === '' ? [] : [name]), ...(isDefault ? ['(default)'] : [])]
    return `${words.join(' ')}\t${description}`
  })
  return table(['TARGET\tDESCRIPTION', ...lines])
}

function table(lines: readonly string[]): string {
  const text = layOutTable(lines.map((line) => `${line}\n`).join(''), 0)
  return text.replace(/ +$/gm, '')
}

function jsonOf(description: Description): unknown {
  const { dockerfile } = description
  const sources = [Buffer.from(dockerfile.lines.join('\n')).toString('base64')]
  switch (description.call) {
    case 'check':
      return {
        warnings: description.warnings.map(({ rule, detail, location }) => ({
          ruleName: rule,
          description: rules[rule].description,
          url: ruleUrl(rule),
          detail,
          location: jsonLocation(location),
        })),
        sources: [{ filename: dockerfile.path, data: sources[0] }],
      }
    case 'outline': {
      const { args, secrets, ssh, ...rest } = description.outline
      const located = <T extends { readonly location: Location }>(items: readonly T[]) =>
        items.map((item) => ({ ...item, location: jsonLocation(item.location) }))
      return { ...rest, args: located(args), secrets: located(secrets), ssh: located(ssh), sources }
    }
    case 'targets': {
      const targets = description.targets.map(({ location, ...target }) => ({
        ...target,
        location: jsonLocation(location),
      }))
      return { targets, sources }
    }
  }
}

function jsonLocation({ line, endLine }: Location): unknown {
  return { sourceIndex: 0, ranges: [{ start: { line, character: 0 }, end: { line: endLine, character: 0 } }] }
}
