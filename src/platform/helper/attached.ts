/** A container whose output comes to us, for as long as it runs: a step of a build. */
import type { Directories } from '../host/directories.ts'
import { helperPath } from './embedded.ts'

export interface AttachedRun {
  /** What its program writes, as it comes; both end with the container. */
  readonly stdout: AsyncIterable<Uint8Array>
  readonly stderr: AsyncIterable<Uint8Array>
  /** The exit code of the program; 125 to 127, with the reason on stderr, when there was none to run. */
  readonly exited: Promise<number>
}

/**
 * Starts the container of a bundle with a client whose streams are pipes to us. It reads nothing. The client may be
 * killed: the container goes on without it.
 */
export function startWithStreams(
  directories: Directories,
  bundle: string,
  launcher: readonly string[],
): AttachedRun {
  const words = [
    'monitor',
    '--bundle',
    bundle,
    '--runtime',
    directories.runtime,
    '--attach',
    '--no-sig-proxy',
  ]
  const child = Bun.spawn([...launcher, helperPath(directories), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
    // The person's ctrl-c is for us: we end the container then, and hear of its end by the client.
    detached: true,
  })
  return {
    stdout: child.stdout as unknown as AsyncIterable<Uint8Array>,
    stderr: child.stderr as unknown as AsyncIterable<Uint8Array>,
    exited: child.exited,
  }
}
