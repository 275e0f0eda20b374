/** A person's tmux: windows whose size, keys and visible text are a real terminal's. */
import { join } from 'node:path'
import { eventually } from './process.ts'
import type { TestUser } from './user.ts'

export interface Tmux extends AsyncDisposable {
  /** Opens a window of 80 × 24 that runs the tool; `exit code N` stands on the screen when it has ended. */
  open(window: string, args: readonly string[]): Promise<void>
  /** Keys as tmux names them: 'C-p', 'Enter', or text. */
  press(window: string, ...keys: readonly string[]): Promise<void>
  resize(window: string, rows: number, columns: number): Promise<void>
  /** Waits until the text stands in the window; returns all that does. */
  waitFor(window: string, text: string | RegExp, timeout?: number): Promise<string>
}

/** Every window is a session of its own: tmux then has no other window to take sizes from. */
export function startTmux(user: TestUser): Tmux {
  const tmux = async (...args: string[]) => {
    const result = await user.run(['tmux', '-f', '/dev/null', '-S', join(user.runtime, 'tmux'), ...args])
    if (result.code !== 0) throw new Error(`tmux ${args.join(' ')}: ${result.stderr}`)
    return result.stdout
  }
  return {
    async open(window, args) {
      const command = [user.executable, ...args].map((word) => `'${word}'`).join(' ')
      const shell = `${command}; echo "exit code $?"; sleep 600`
      await tmux('new-session', '-d', '-s', window, '-x', '80', '-y', '24', shell)
    },
    press: async (window, ...keys) => void (await tmux('send-keys', '-t', window, ...keys)),
    resize: async (window, rows, columns) =>
      void (await tmux('resize-window', '-t', window, '-x', String(columns), '-y', String(rows))),
    waitFor: (window, text, timeout = 10_000) =>
      eventually(`${text} in tmux window ${window}`, timeout, async () => {
        const now = await tmux('capture-pane', '-p', '-t', window)
        if (typeof text === 'string' ? now.includes(text) : text.test(now)) return now
        throw new Error(`on the screen:\n${now.trimEnd()}`)
      }),
    async [Symbol.asyncDispose]() {
      await tmux('kill-server')
    },
  }
}
