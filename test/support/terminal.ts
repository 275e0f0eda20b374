/** A program on a terminal of its own, as a person at a keyboard: type, look at what appears, resize. */
import { eventually, type RunOptions } from './process.ts'

export interface Terminal extends Disposable {
  readonly pid: number
  /** Everything that appeared so far, escape sequences included. */
  readonly screen: string
  type(text: string): void
  resize(rows: number, columns: number): void
  /** Waits until the text has appeared after the last `forget`; throws after `timeout` milliseconds (10,000). */
  waitFor(text: string | RegExp, timeout?: number): Promise<void>
  /** Later waits look only at what appears from now on. */
  forget(): void
  /** Exit code, 128 + n after a signal. Throws after `timeout` milliseconds (30,000). */
  exited(timeout?: number): Promise<number>
  signal(name: NodeJS.Signals): void
}

/** Keys with names, for `type`. */
export const keys = {
  ctrlC: '\x03',
  ctrlD: '\x04',
  ctrlP: '\x10',
  ctrlQ: '\x11',
  ctrlZ: '\x1a',
  enter: '\r',
} as const

export function terminal(
  argv: readonly string[],
  options: RunOptions & { readonly rows?: number; readonly columns?: number } = {},
): Terminal {
  let all = ''
  let from = 0
  const decoder = new TextDecoder()
  const child = Bun.spawn([...argv], {
    env: { ...process.env, ...options.env } as Record<string, string>,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    terminal: {
      rows: options.rows ?? 24,
      cols: options.columns ?? 80,
      data: (_, bytes) => {
        all += decoder.decode(bytes, { stream: true })
      },
    },
  })
  const line = child.terminal
  if (line === undefined) throw new Error('this Bun has no terminals')
  const recent = () => all.slice(from)
  return {
    pid: child.pid,
    get screen() {
      return all
    },
    type: (text) => void line.write(text),
    resize: (rows, columns) => line.resize(columns, rows),
    forget: () => {
      from = all.length
    },
    waitFor: (text, timeout = 10_000) =>
      eventually(`${JSON.stringify(String(text))} on the terminal`, timeout, () => {
        if (typeof text === 'string' ? recent().includes(text) : text.test(recent())) return
        throw new Error(`on the screen: ${JSON.stringify(recent())}`)
      }),
    exited: async (timeout = 30_000) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
      const code = await child.exited
      clearTimeout(timer)
      return code
    },
    signal: (name) => child.kill(name),
    [Symbol.dispose]: () => {
      child.kill('SIGKILL')
      line.close()
    },
  }
}
