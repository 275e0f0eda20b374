/** After a RUN that failed: images of the stage before it, and of what it left, to try again by hand. */
import type { StepFailure } from '../../build/failure.ts'
import { imageConfig, type StageState } from '../../build/state.ts'
import type { Context } from '../../cli/context.ts'
import { addComposed } from '../../images/compose.ts'
import { type Image, ImageStore } from '../../images/store.ts'
import { shortId } from '../../oci/digest.ts'

/** How to go on by hand. Each is one line for a shell. */
export interface Retry {
  /** Runs the command again, on the stage before it. */
  readonly again: string
  /** A shell in what the step left, where that was kept. */
  readonly look: string | undefined
  /** The image of the latter. */
  readonly left: Image | undefined
}

/** Adds the images; they have no name, and `image prune` takes them away again. */
export function offerRetry({ words, args, before, left }: StepFailure, { directories }: Context): Retry {
  const store = new ImageStore(directories)
  const [program = '', ...rest] = words
  const variables = args.flatMap((arg) => ['-e', arg])
  const start = ['sampan', 'run', '--rm', '-it', ...variables, '--entrypoint']
  const image = add(store, before)
  const leftImage = left === undefined ? undefined : add(store, left)
  const line = (parts: readonly string[]) => parts.map(quoted).join(' ')
  return {
    again: line([...start, program, shortId(image.id), ...rest]),
    look: leftImage === undefined ? undefined : line([...start, '/bin/sh', shortId(leftImage.id)]),
    left: leftImage,
  }
}

function add(store: ImageStore, state: StageState): Image {
  const layers = state.layers.map(({ blob }) => blob)
  return addComposed(store, { config: imageConfig(state), layers, names: [] })
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
