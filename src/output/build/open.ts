/** Which kind of progress a build shows. */
import { type BuildProgress, silentProgress } from '../../build/progress.ts'
import type { Context } from '../../cli/context.ts'
import { usage } from '../../errors.ts'
import { plainProgress } from './plain.ts'

const modes = ['auto', 'plain', 'quiet']

/** @throws SampanError (usage) */
export function openBuildProgress(context: Context, mode: string): BuildProgress {
  switch (mode) {
    case 'quiet':
      return silentProgress
    case 'auto':
    case 'plain':
      return plainProgress((line) => context.out.note(line))
    default:
      throw usage(`invalid value '${mode}' for --progress: must be one of ${modes.join(', ')}`)
  }
}
