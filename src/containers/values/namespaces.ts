/** `--pid`, `--ipc`, `--uts`, `--cgroupns`. */
import { unsupported, usage } from '../../errors.ts'
import type { NamespaceMode, NamespacesRecord } from '../record.ts'

/** `container:X` keeps X as typed; `create` resolves it to an id. Throws usage. */
export function parseNamespace(given: string | undefined, flag: '--pid' | '--ipc' | '--uts'): NamespaceMode {
  const value = given ?? ''
  if (value === '' || value === 'private') return 'private'
  if (value === 'host') return 'host'
  if (flag === '--ipc' && value === 'shareable') return 'private'
  if (flag === '--ipc' && value === 'none') return value
  const container = value.startsWith('container:') ? value.slice('container:'.length) : ''
  if (container !== '') return { container }
  if (value.startsWith('ns:'))
    throw unsupported(`${flag} ${value}`, "container:NAME joins another container's")
  throw usage(`${flag}: invalid mode "${value}"`, 'private, host or container:NAME')
}

/** A namespace hides the host's groups, or it does not. */
export function parseCgroupNamespace(given: string | undefined): NamespacesRecord['cgroup'] {
  if (given === undefined || given === '' || given === 'private') return 'private'
  if (given === 'host') return given
  const container = given.startsWith('container:') ? given.slice('container:'.length) : ''
  if (container !== '') return { container }
  throw usage(`--cgroupns: invalid mode "${given}"`, 'private, host or container:NAME')
}
