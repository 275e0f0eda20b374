/** A picture of ink's on a terminal that is drawn again and again, and stays where it is at the end. */
import { render } from 'ink'
import type { ReactElement } from 'react'

export interface InkCanvas<Scene> {
  draw(scene: Scene): void
  /** Resolves when the last picture is on the terminal. */
  close(): Promise<void>
}

/**
 * @param spare lines of the terminal that the picture leaves free; one that is taller than the terminal scrolls instead
 * of being redrawn
 */
export function openInkCanvas<Scene>(
  stream: NodeJS.WriteStream,
  spare: number,
  first: Scene,
  picture: (scene: Scene, most: number) => ReactElement,
): InkCanvas<Scene> {
  const drawn = (scene: Scene) => picture(scene, Math.max(3, (stream.rows ?? 24) - spare))
  const app = render(drawn(first), {
    stdout: stream,
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: true,
    incrementalRendering: true,
  })
  return {
    draw: (scene) => app.rerender(drawn(scene)),
    async close() {
      app.unmount()
      await app.waitUntilExit()
    },
  }
}
