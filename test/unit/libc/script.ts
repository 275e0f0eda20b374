/** Small programs run by the same Bun, for what needs a process of its own. `SRC` in the text is our source folder. */
import { resolve } from 'node:path'

const source = resolve(import.meta.dirname, '../../../src')

export function bunScript(text: string, wrapper: readonly string[] = []) {
  const child = Bun.spawn([...wrapper, process.execPath, '-e', text.replaceAll('SRC/', `${source}/`)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
  })
  return {
    pid: child.pid,
    /** Waits for its first output. */
    async line(): Promise<string> {
      const reader = child.stdout.getReader()
      const { value } = await reader.read()
      reader.releaseLock()
      return Buffer.from(value ?? []).toString()
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await child.exited
    },
    async result(): Promise<{ code: number; stdout: string; stderr: string }> {
      const [stdout, stderr, code] = await Promise.all([
        child.stdout.text(),
        child.stderr.text(),
        child.exited,
      ])
      return { code, stdout, stderr }
    },
  }
}
