/** syncfs(2) blocks its thread: the helper does it. */
import type { Directories } from '../host/directories.ts'
import { helperPath } from './embedded.ts'
import { failureFrom } from './events.ts'

/** Writes the file system that has the data directory to the disk. Throws a SampanError when the disk fails. */
export async function flushFileSystem(directories: Directories): Promise<void> {
  const child = Bun.spawn([helperPath(directories), 'flush', directories.data], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: process.env,
  })
  const [said, status] = await Promise.all([child.stderr.text(), child.exited])
  if (status !== 0) throw failureFrom('flush', said, child.signalCode ?? status)
}
