/** `--pid`, `--ipc`, `--uts`, `--cgroupns`, `--userns`. */
import { unsupported, usage } from '../../errors.ts'
import type { NamespaceMode } from '../record.ts'

/** `container:X` keeps X as typed; `create` resolves it to an id. Throws usage. */
export function parseNamespace(given: string | undefined, flag: '--pid' | '--ipc' | '--uts'): NamespaceMode {
  const value = given ?? ''
  if (value === '' || value === 'private') return 'private'
  if (value === 'host') return 'host'
  if (flag === '--ipc' && value === 'shareable') return 'private'
  if (flag === '--ipc' && value === 'none') return value
  const container = value.startsWith('container:') ? value.slice('container:'.length) : ''
  if (container !== '') return { container }
  throw usage(`${flag}: invalid mode "${value}"`, 'private, host or container:NAME')
}

export function parseCgroupNamespace(given: string | undefined): 'private' | 'host' {
  if (given === undefined || given === '' || given === 'private') return 'private'
  if (given === 'host') return given
  throw usage(`--cgroupns: invalid mode "${given}"`, 'private or host')
}

/** Every container shares the user's one mapping for now. */
export function checkUserNamespace(given: string | undefined): void {
  if (given === undefined || given === '' || given === 'host') return
  throw unsupported(
    `--userns ${given}`,
    'leave it out: root in the container is you, other ids are your subuids',
  )
}
