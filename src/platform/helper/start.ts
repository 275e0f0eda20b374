/** Starting the helper: becoming it, or asking it for one thing and reading its one answer. */
import type { Directories } from '../host/directories.ts'
import { execve } from '../libc/process.ts'
import { helperPath } from './embedded.ts'
import { failure, failureFrom, parseEvent, type StartedEvent } from './events.ts'

/**
 * Becomes the helper (execve) with this role and these options: `['attach', '--bundle', …]`.
 * @param launcher words that start it in another place, e.g. a cgroup; the first is an absolute path
 */
export function handOver(
  directories: Directories,
  argv: readonly string[],
  launcher: readonly string[] = [],
): never {
  const words = [...launcher, helperPath(directories), ...argv]
  execve(words[0] as string, words, process.env)
}

export interface HelperOptions {
  /** Descriptors the helper finds under 3, 4, … (`--process 3`). Ours stay open. */
  readonly descriptors?: readonly number[]
  /** As for handOver. */
  readonly launcher?: readonly string[]
}

/**
 * Runs a role that prints one event and ends (`monitor` without `--attach`, `exec --detach`). Throws the failure it
 * reports as a SampanError of kind 'helper' with its message, hint and exit code.
 */
export function startHelper(
  directories: Directories,
  argv: readonly string[],
  options: HelperOptions = {},
): StartedEvent {
  const role = argv[0] ?? 'helper'
  const child = Bun.spawnSync([...(options.launcher ?? []), helperPath(directories), ...argv], {
    stdio: ['ignore', 'pipe', 'pipe', ...(options.descriptors ?? [])],
    env: process.env,
  })
  const output = child.stdout.toString()
  for (const line of output.split('\n')) {
    const event = parseEvent(line)
    if (event?.event === 'started') return event
    if (event?.event === 'failed') throw failure(event)
  }
  throw failureFrom(role, `${output}${child.stderr.toString()}`, child.signalCode ?? child.exitCode)
}
