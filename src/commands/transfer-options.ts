/** Options of the commands that move images from and to registries, and the progress they show. */

import type { Options } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import type { OpenProgress } from '../operations/progress.ts'
import { openProgress, progressMode, progressModes } from '../output/progress/open.ts'
import { accessOptions } from './registry-options.ts'

export const transferOptions = {
  ...accessOptions,
  'disable-content-trust': {
    type: 'boolean',
    default: true,
    hidden: true,
    describe: 'Accepted for old scripts: there is no content trust any more',
  },
  jobs: { type: 'integer', value: 'N', describe: 'How many layers travel at a time' },
  progress: {
    type: 'string',
    value: 'KIND',
    default: 'auto',
    complete: progressModes,
    describe: 'How to show what happens: auto (tty on a terminal, else plain), plain, tty, json, quiet',
  },
  quiet: { type: 'boolean', short: 'q', describe: 'Print nothing but the name of the image' },
} as const satisfies Options

/** Progress of a transfer: docker's goes to standard output. */
export function progressFor(
  { progress, quiet }: { readonly progress: string; readonly quiet: boolean },
  context: Context,
): OpenProgress {
  const mode = progressMode(progress, quiet)
  const stream = context.dialect === 'docker' ? 'stdout' : 'stderr'
  return () => openProgress(context, { mode, stream })
}
