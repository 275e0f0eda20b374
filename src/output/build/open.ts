/** Which kind of progress a build shows. */
import { type BuildProgress, silentProgress } from '../../build/progress.ts'
import type { Context } from '../../cli/context.ts'
import { usage } from '../../errors.ts'
import { isTerminal } from '../../platform/libc/terminal.ts'
import { classicProgress } from './classic.ts'
import { liveProgress } from './live.ts'
import { plainProgress } from './plain.ts'
import { rawJsonProgress } from './rawjson.ts'

const modes = ['auto', 'plain', 'tty', 'quiet', 'rawjson', 'classic']

/**
 * `auto` is a live picture on a terminal and plain lines elsewhere. All on standard error but `classic`, as docker's.
 * @throws SampanError (usage)
 */
export function openBuildProgress(context: Context, mode: string): BuildProgress {
  const line = (text: string) => context.out.note(text)
  switch (mode) {
    case 'quiet':
      return silentProgress
    case 'plain':
      return plainProgress(line)
    case 'rawjson':
      return rawJsonProgress(line)
    case 'classic':
      return classicProgress((text) => context.out.write(`${text}\n`))
    case 'tty':
      if (!isTerminal(2)) throw usage('--progress=tty needs a terminal, and stderr is none')
      break
    case 'auto':
      if (!isTerminal(2) || context.environment['TERM'] === 'dumb') return plainProgress(line)
      break
    default:
      throw usage(`invalid value '${mode}' for --progress: must be one of ${modes.join(', ')}`)
  }
  return liveProgress(line, async () => {
    const { inkCanvas } = await import('./canvas.tsx')
    return inkCanvas(process.stderr)
  })
}
