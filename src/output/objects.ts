/** Prints whole objects: `inspect` and its kin, `version` and `info`. */
import type { Context } from '../cli/context.ts'
import { compileTemplate, interpretEscapes } from './template/index.ts'
import { encodeJson } from './template/json.ts'
import { isMap, isObject, struct, typed } from './template/values.ts'

/**
 * `inspect`: one array, indented by four, or with `--format` a line for each object. `--format json` is one array on
 * one line.
 * @throws SampanError (exit code 1) for a template that does not parse or does not fit
 */
export function printObjects(objects: readonly object[], format: string | undefined, context: Context): void {
  const { out } = context
  if (format === undefined || format === '') out.write(`${encodeJson(objects, 4)}\n`)
  else if (format === 'json') out.write(`${encodeJson(objects)}\n`)
  else {
    const render = compileTemplate(dialectal(format, context))
    // Nothing found is an empty line, as docker and podman print.
    out.write(objects.map((object) => `${render(object)}\n`).join('') || '\n')
  }
}

/**
 * One object with `--format` FORMAT: `json` or a template.
 * @param aliases other names that templates have for fields, at any depth
 */
export function printValue(
  value: object,
  format: string,
  context: Context,
  aliases: Readonly<Record<string, string>> = {},
): void {
  const render = format === 'json' ? encodeJson : compileTemplate(dialectal(format, context))
  context.out.write(`${render(format === 'json' ? value : withAliases(value, aliases))}\n`)
}

/** Podman reads `\t` and `\n` in every template, Docker in those of lists only. */
function dialectal(format: string, { dialect }: Context): string {
  return dialect === 'podman' ? interpretEscapes(format) : format
}

function withAliases(value: unknown, aliases: Readonly<Record<string, string>>): unknown {
  // The keys of a map are data: no name stands for another there, and one that is missing is no mistake.
  if (!isObject(value) || isMap(value)) return value
  return struct({
    names: Object.keys(value),
    field(name) {
      const key = Object.hasOwn(value, name) ? name : aliases[name]
      if (key === undefined) return undefined
      // A field of the type that this object's JSON leaves out.
      if (!Object.hasOwn(value, key)) return { value: '' }
      return { value: withAliases(typed(key, value[key]), aliases) }
    },
    method: () => undefined,
  })
}
