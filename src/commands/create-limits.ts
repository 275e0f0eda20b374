/** The parts of a CreateRequest that are about what the program may do and use. */
import type { Values } from '../cli/command.ts'
import { parseCapabilities } from '../containers/capabilities.ts'
import type { Limits, SecurityRecord } from '../containers/record.ts'
import { parseSecurityOptions } from '../containers/values/security.ts'
import { parseSize, parseSizeOrUnlimited } from '../containers/values/size.ts'
import { SampanError, usage } from '../errors.ts'
import type { createOptions } from './create-options.ts'

type CreateValues = Values<typeof createOptions>

export function securityRecord(options: CreateValues): SecurityRecord {
  const capabilities = parseCapabilities(options['cap-add'], options['cap-drop'], options.privileged)
  const security = parseSecurityOptions(options['security-opt'], capabilities)
  return {
    capabilities,
    capAdd: options['cap-add'],
    capDrop: options['cap-drop'],
    privileged: options.privileged,
    noNewPrivileges: security.noNewPrivileges,
    seccomp: options.privileged && security.seccomp === 'default' ? 'unconfined' : security.seccomp,
    options: options['security-opt'],
    readOnly: options['read-only'],
    unmask: security.unmask || options.privileged,
  }
}

const SMALLEST_MEMORY = 6 * 1024 * 1024

type LimitValues = Pick<
  CreateValues,
  | 'memory'
  | 'memory-reservation'
  | 'memory-swap'
  | 'cpuset-mems'
  | 'cpus'
  | 'cpu-quota'
  | 'cpu-period'
  | 'cpu-shares'
  | 'cpuset-cpus'
  | 'pids-limit'
>

export function limits(options: LimitValues): Limits {
  const memory = options.memory === undefined ? 0 : parseSize(options.memory, '--memory')
  if (memory > 0 && memory < SMALLEST_MEMORY) throw usage('Minimum memory limit allowed is 6MB')
  const reservation = options['memory-reservation']
  const memoryReservation = reservation === undefined ? 0 : parseSize(reservation, '--memory-reservation')
  if (memory > 0 && memoryReservation > memory)
    throw usage('Minimum memory limit can not be less than memory reservation limit, see usage')
  const swap = options['memory-swap']
  const memorySwap = swap === undefined ? 0 : parseSizeOrUnlimited(swap, '--memory-swap')
  if (memorySwap !== 0 && memory === 0) {
    throw usage('You should always set the Memory limit when using Memoryswap limit, see usage')
  }
  if (memorySwap > 0 && memorySwap < memory) {
    throw usage('Minimum memoryswap limit should be larger than memory limit, see usage')
  }
  const cpus = Number(options.cpus ?? 0)
  if (!Number.isFinite(cpus) || cpus < 0)
    throw usage(`invalid argument "${options.cpus}" for "--cpus" flag: failed to parse`)
  const cpuQuota = options['cpu-quota'] ?? 0
  const cpuPeriod = options['cpu-period'] ?? 0
  if (cpus > 0 && (cpuQuota !== 0 || cpuPeriod !== 0)) {
    throw usage('Conflicting options: Nano CPUs and CPU Period cannot both be set')
  }
  return {
    memory,
    memoryReservation,
    memorySwap,
    nanoCpus: Math.round(cpus * 1e9),
    cpuQuota,
    cpuPeriod,
    cpuShares: options['cpu-shares'] ?? 0,
    cpusetCpus: set(options['cpuset-cpus'], 'cpus'),
    cpusetMems: set(options['cpuset-mems'], 'mems'),
    pids: Math.max(0, options['pids-limit'] ?? 0),
  }
}

/** `0-3` or `0,1`, cpuset(7). */
function set(given = '', what: 'cpus' | 'mems'): string {
  if (/^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/.test(given)) return given
  throw new SampanError(`Invalid value ${given} for cpuset ${what}`, {
    exitCode: 125,
    kind: 'usage',
    hint: '0-3 or 0,1',
  })
}
