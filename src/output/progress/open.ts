/** Which kind of progress a command shows, and on which stream. */
import type { Context } from '../../cli/context.ts'
import { usage } from '../../errors.ts'
import { type Progress, silentProgress } from '../../operations/progress.ts'
import { isTerminal } from '../../platform/libc/terminal.ts'
import { jsonProgress } from './json.ts'
import { liveProgress } from './live.ts'
import { plainProgress } from './plain.ts'

export const progressModes = ['auto', 'plain', 'tty', 'json', 'quiet'] as const
export type ProgressMode = (typeof progressModes)[number]

/** The values of `--progress` and `--quiet` as one. @throws SampanError (usage) */
export function progressMode(progress: string, quiet: boolean): ProgressMode {
  const mode = progressModes.find((known) => known === progress)
  if (mode === undefined) {
    throw usage(`invalid value '${progress}' for --progress: must be one of ${progressModes.join(', ')}`)
  }
  return quiet ? 'quiet' : mode
}

export interface ProgressPlace {
  readonly mode: ProgressMode
  /** Standard output is what docker's pull and push use; never where it is somebody else's, as in `run`. */
  readonly stream: 'stdout' | 'stderr'
}

/**
 * `auto` is a live picture on a terminal and plain lines elsewhere.
 * @throws SampanError (usage) for `tty` where there is no terminal
 */
export function openProgress(context: Context, { mode, stream }: ProgressPlace): Progress {
  const line = (text: string) => {
    if (stream === 'stdout') context.out.write(`${text}\n`)
    else context.out.note(text)
  }
  const fd = stream === 'stdout' ? 1 : 2
  // Not `process[stream].isTTY`: making that stream takes 2.5 ms.
  switch (mode) {
    case 'quiet':
      return silentProgress
    case 'json':
      return jsonProgress(line)
    case 'plain':
      return plainProgress(line)
    case 'tty':
      if (!isTerminal(fd)) throw usage(`--progress=tty needs a terminal, and ${stream} is none`)
      break
    default:
      if (!isTerminal(fd) || context.environment['TERM'] === 'dumb') return plainProgress(line)
  }
  return liveProgress(line, async () => {
    const { inkCanvas } = await import('./canvas.tsx')
    return inkCanvas(process[stream])
  })
}
