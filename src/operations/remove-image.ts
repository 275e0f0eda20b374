/** `rmi`: names and images, each on its own; one that cannot go does not keep the others. */
import type { Context } from '../cli/context.ts'
import { imageEvent } from '../containers/events.ts'
import { SampanError, usage } from '../errors.ts'
import { removeImage as removeFromStore } from '../images/remove.ts'
import { ImageStore } from '../images/store.ts'
import { checkPlatform } from './image-platform.ts'
import { imageUses } from './image-uses.ts'

export interface RemoveImageInput {
  readonly operands: readonly string[]
  readonly options: {
    readonly all: boolean
    readonly force: boolean
    readonly ignore: boolean
    readonly 'dry-run': boolean
    readonly platform: readonly string[]
  }
}

/** The first failure is thrown when all were tried; with several, the others are noted as errors before it. */
export function removeImages({ operands, options }: RemoveImageInput, context: Context): number {
  const store = new ImageStore(context.directories)
  if (options.all && operands.length > 0)
    throw usage('when using the --all switch, you may not pass any images names or IDs')
  if (!options.all && operands.length === 0) {
    throw new SampanError('requires at least 1 argument', {
      hint: 'name an image, or use --all; `sampan images` lists them',
      exitCode: 1,
      kind: 'usage',
    })
  }
  const failures: SampanError[] = []
  for (const name of options.all ? store.list().map(({ id }) => id) : operands) {
    try {
      if (options.platform.length > 0) checkPlatform(store.find(name), options.platform)
      removeOne(store, name, { force: options.force || options.all, dryRun: options['dry-run'] }, context)
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
      if (options.ignore && error.kind === 'no-such-image') continue
      failures.push(error)
    }
  }
  // docker rmi -f of an image that is not there tells so and succeeds.
  const fatal = failures.filter(({ kind }) => !(options.force && kind === 'no-such-image'))
  const last = fatal.at(-1)
  for (const failure of failures) if (failure !== last) context.out.note(`Error: ${failure.message}`)
  if (last !== undefined) throw last
  return 0
}

function removeOne(
  store: ImageStore,
  name: string,
  how: { readonly force: boolean; readonly dryRun: boolean },
  context: Context,
): void {
  const uses = () => imageUses(context.directories)
  const { untagged, deleted } = removeFromStore(store, name, { ...how, uses })
  if (!how.dryRun) {
    for (const text of untagged) imageEvent(context.directories, 'untag', text, text)
    for (const digest of deleted) imageEvent(context.directories, 'delete', digest)
  }
  const [untag, del] = how.dryRun ? ['Would untag', 'Would delete'] : ['Untagged', 'Deleted']
  const lines = [
    ...untagged.map((text) => `${untag}: ${text}\n`),
    ...deleted.map((digest) => `${del}: ${digest}\n`),
  ]
  context.out.write(lines.join(''))
}
