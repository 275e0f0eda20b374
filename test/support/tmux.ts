/** A person's tmux: windows whose size, keys and visible text are a real terminal's. */
import { join } from 'node:path'
import { eventually } from './process.ts'
import type { TestUser } from './user.ts'

export interface Tmux extends AsyncDisposable {
  /** Opens a window that runs the tool; `exit code N` stands on the screen when it has ended. */
  open(window: string, args: readonly string[]): Promise<void>
  /** Keys as tmux names them: 'C-p', 'Enter', or text. */
  press(window: string, ...keys: readonly string[]): Promise<void>
  resize(window: string, rows: number, columns: number): Promise<void>
  screen(window: string): Promise<string>
  waitFor(window: string, text: string | RegExp, timeout?: number): Promise<string>
}

export async function startTmux(user: TestUser): Promise<Tmux> {
  const tmux = async (...args: string[]) => {
    const result = await user.run(['tmux', '-f', '/dev/null', '-S', join(user.runtime, 'tmux'), ...args])
    if (result.code !== 0) throw new Error(`tmux ${args.join(' ')}: ${result.stderr}`)
    return result.stdout
  }
  await tmux('new-session', '-d', '-s', 'test', '-n', 'first', '-x', '80', '-y', '24', 'sleep 600')
  await tmux('set-option', '-g', 'window-size', 'manual')
  await tmux('set-option', '-g', 'remain-on-exit', 'on')
  const screen = (window: string) => tmux('capture-pane', '-p', '-t', `test:${window}`)
  return {
    async open(window, args) {
      const command = [user.executable, ...args].map((word) => `'${word}'`).join(' ')
      await tmux('new-window', '-t', 'test:', '-n', window, `${command}; echo "exit code $?"; sleep 600`)
    },
    press: async (window, ...pressed) => void (await tmux('send-keys', '-t', `test:${window}`, ...pressed)),
    resize: async (window, rows, columns) =>
      void (await tmux('resize-window', '-t', `test:${window}`, '-x', String(columns), '-y', String(rows))),
    screen,
    waitFor: (window, text, timeout = 10_000) =>
      eventually(`${text} in tmux window ${window}`, timeout, async () => {
        const now = await screen(window)
        if (typeof text === 'string' ? now.includes(text) : text.test(now)) return now
        throw new Error(`on the screen:\n${now.trimEnd()}`)
      }),
    async [Symbol.asyncDispose]() {
      await tmux('kill-server')
    },
  }
}
