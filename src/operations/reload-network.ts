/** `network reload`: what a container should have of its networks, whatever happened to it since its start. */
import type { Context } from '../cli/context.ts'
import { boundNetworks, bundleAttachment } from '../containers/networks.ts'
import { isRunning } from '../containers/state.ts'
import { type Container, lockContainer } from '../containers/store.ts'
import { SampanError } from '../errors.ts'
import { networkModeName } from '../networks/mode.ts'
import { NetworkStore } from '../networks/store.ts'
import { changeNetwork } from '../platform/helper/network.ts'
import { renewNames, tellLinkers } from './container-names.ts'

/**
 * Joins the networks it lacks, and makes `hosts` and `resolv.conf` anew, with the host's search list of now; those that are linked to it
 * find it where it is. Returns false
 * for one that there is nothing to do for, where `lenient`; else throws not-running or conflict for it.
 */
export function reloadNetwork(container: Container, lenient: boolean, context: Context): boolean {
  using _lock = lockContainer(container)
  const { record, name, folder } = container
  if (!isRunning(container.state())) {
    if (lenient) return false
    throw new SampanError(`container ${name} is not running`, {
      kind: 'not-running',
      hint: `its networks are made by its next start: start ${name}`,
    })
  }
  if (record.network.mode.kind !== 'bridge') {
    if (lenient) return false
    throw new SampanError(
      `container ${name} has network mode ${networkModeName(record.network.mode)}: there is nothing to reload`,
      { kind: 'conflict', hint: 'only bridge networks change while a container runs' },
    )
  }
  const networks = new NetworkStore(context.directories)
  const bound = boundNetworks(container)
  for (const attachment of record.network.networks) {
    if (bound.some((one) => one.name === attachment.network)) continue
    const wanted = bundleAttachment(attachment, networks.find(attachment.network))
    changeNetwork(context.directories, folder, ['--join', JSON.stringify(wanted)])
  }
  renewNames(container, context)
  tellLinkers(container, context)
  return true
}
