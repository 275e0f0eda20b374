/** Changing the network of a container that runs: its monitor does it, the helper's role `network` asks for it. */
import { SampanError } from '../../errors.ts'
import type { Directories } from '../host/directories.ts'
import { helperPath } from './embedded.ts'
import { failureFrom } from './events.ts'

/**
 * @param request `['--join', JSON]`, `['--leave', NAME]`, `['--publish', JSON]`, `['--unpublish', JSON]`,
 *   `['--names', JSON]`
 * @returns the monitor's answer: `{"joined":{…}}`, `{"left":"…"}`, `{"published":{…}}`, `{"unpublished":{…}}`, `{"named":true}`
 * @throws SampanError of kind helper with the monitor's words
 */
export function changeNetwork(
  directories: Directories,
  bundle: string,
  request: readonly [string, string],
): unknown {
  const argv = [
    helperPath(directories),
    'network',
    '--bundle',
    bundle,
    '--runtime',
    directories.runtime,
    ...request,
  ]
  const child = Bun.spawnSync(argv, { stdio: ['ignore', 'pipe', 'pipe'], env: process.env })
  const output = child.stdout.toString()
  if (child.exitCode === 0) return JSON.parse(output)
  const status = child.signalCode ?? child.exitCode
  const { message, hint } = failureFrom('network', `${output}${child.stderr.toString()}`, status)
  // The helper's 125 is that of a start; here the command fails with its own code.
  throw new SampanError(message, { kind: 'helper', ...(hint === undefined ? {} : { hint }) })
}
