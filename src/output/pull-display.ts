/** The live picture of a pull, on terminals only: ink and react (80 ms) are loaded when there is something to draw. */
import type { Context } from '../cli/context.ts'
import type { OpenDisplay } from '../operations/fetch-image.ts'

/** Undefined-giving where standard error is no terminal, or a dumb one, or the dialect wants docker's plain lines. */
export function openPullDisplay(context: Context): OpenDisplay {
  return async (title) => {
    if (!process.stderr.isTTY || context.environment['TERM'] === 'dumb' || context.dialect === 'docker')
      return undefined
    const { showPull } = await import('./pull-view.tsx')
    return showPull(title)
  }
}
