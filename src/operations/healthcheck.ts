/** `healthcheck run`: the health check of a container, now. What the monitor has noted of its own checks stays. */
import { spawnSync } from 'node:child_process'
import type { Context } from '../cli/context.ts'
import type { Container } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { helperPath } from '../platform/helper/embedded.ts'
import { execCommand } from './exec.ts'

/** Docker's defaults stand for 0. */
const TIMEOUT_MS = 30_000

/** Whether the container says that it is well. Throws when it has no check, or does not run. */
export function runHealthCheck(container: Container, context: Context): boolean {
  const { health, name } = container.record
  const [kind = 'NONE', ...words] = health?.test ?? []
  if (health === null || kind === 'NONE' || words.length === 0) {
    throw new SampanError(`container ${name} has no defined healthcheck`, {
      exitCode: 125,
      hint: 'make it with --health-cmd',
    })
  }
  const command = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words.join(' ')] : words
  const { argv, launcher, document } = execCommand(
    container,
    {
      command,
      environment: [],
      user: undefined,
      directory: undefined,
      terminal: false,
      stdin: false,
      detach: false,
      privileged: false,
      detachKeys: undefined,
    },
    context,
  )
  const [program = '', ...rest] = [...launcher, helperPath(context.directories), ...argv(FIRST_DESCRIPTOR)]
  const { status } = spawnSync(program, rest, {
    stdio: ['ignore', 'ignore', 'ignore', document],
    killSignal: 'SIGKILL',
    timeout: health.timeout > 0 ? health.timeout / 1e6 : TIMEOUT_MS,
  })
  return status === 0
}

/** Where the descriptors begin that a program is given beside its streams. */
const FIRST_DESCRIPTOR = 3
