/** `build --check` and `build --call METHOD[,format=json][,ignorestatus]`. */
import type { Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { usage } from '../errors.ts'
import { type Call, describeBuild } from '../operations/build/describe.ts'
import type { BuildRequest } from '../operations/build.ts'
import { describeJson, describeText } from '../output/build/describe.ts'
import type { buildOptions } from './build-options.ts'

interface CallRequest {
  readonly call: Call
  readonly format: string
  /** Exit 0 whatever the checks say. */
  readonly ignoreStatus: boolean
}

const calls: readonly Call[] = ['check', 'outline', 'targets']

/** Undefined: it is to be built. @throws SampanError (usage) */
export function callOf({
  call: given,
  check,
}: Pick<Values<typeof buildOptions>, 'call' | 'check'>): CallRequest | undefined {
  const [method = '', ...settings] = (check ? `check${given.replace(/^[^,]*/, '')}` : given).split(',')
  const values = new Map(settings.map((setting) => split(setting)))
  const unknown = [...values.keys()].find((key) => key !== 'format' && key !== 'ignorestatus')
  if (unknown !== undefined) {
    throw usage(`invalid argument "${given}" for "--call": unknown key ${unknown}`, 'format or ignorestatus')
  }
  const format = values.get('format') ?? 'text'
  if (format !== 'text' && format !== 'json') {
    throw usage(`invalid argument "${given}" for "--call": unknown format ${format}`, 'text or json')
  }
  if (method === 'build') return undefined
  // BuildKit's own name of it.
  const call = method === 'lint' ? 'check' : calls.find((one) => one === method)
  if (call !== undefined) return { call, format, ignoreStatus: values.get('ignorestatus') === 'true' }
  throw usage(`invalid argument "${given}" for "--call"`, `build, ${calls.join(', ')}`)
}

function split(setting: string): [string, string] {
  const equals = setting.indexOf('=')
  return equals < 0 ? [setting, 'true'] : [setting.slice(0, equals), setting.slice(equals + 1)]
}

/** @returns 1 where the checks found something, as buildx has it */
export async function describe(
  { call, format, ignoreStatus }: CallRequest,
  request: BuildRequest,
  context: Context,
): Promise<number> {
  const description = await describeBuild(call, request, context)
  context.out.write(format === 'json' ? describeJson(description) : describeText(description))
  return description.call === 'check' && description.warnings.length > 0 && !ignoreStatus ? 1 : 0
}
