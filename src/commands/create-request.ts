/** From the words of `run` and `create` to a CreateRequest: each value is parsed by the noun that owns it. */
import type { Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { parseCapabilities } from '../containers/capabilities.ts'
import { parseName } from '../containers/names.ts'
import type { Limits, SecurityRecord } from '../containers/record.ts'
import type { CreateRequest, NetworkRequest, ProcessRequest, PullPolicy } from '../containers/request.ts'
import { parseDevice } from '../containers/values/devices.ts'
import {
  mergeEnvironment,
  parseEnvironment,
  parseLabels,
  parseMap,
} from '../containers/values/environment.ts'
import { checkUserNamespace, parseCgroupNamespace, parseNamespace } from '../containers/values/namespaces.ts'
import { parseLog, parseRestartPolicy } from '../containers/values/policies.ts'
import { parseSecurityOptions } from '../containers/values/security.ts'
import { parseSignal } from '../containers/values/signal.ts'
import { parseSize, parseSizeOrUnlimited } from '../containers/values/size.ts'
import { parseUlimits } from '../containers/values/ulimit.ts'
import { SampanError, usage } from '../errors.ts'
import { checkDns, checkHostname, parseExtraHost } from '../networks/hosts.ts'
import { DEFAULT_NETWORK, parseNetworkMode } from '../networks/mode.ts'
import { parseExpose, parsePublish } from '../networks/ports.ts'
import { parseMountFlag, parseTmpfsFlag, parseVolumeFlag } from '../volumes/parse.ts'
import type { createOptions } from './create-options.ts'

type CreateValues = Values<typeof createOptions>
type Stream = ProcessRequest['attach'][number]

/** `foreground`: streams are connected where `-a` does not say otherwise. Throws usage and unsupported (exit 125). */
export function createRequest(
  options: CreateValues,
  operands: readonly string[],
  foreground: boolean,
  context: Context,
): CreateRequest {
  const [image = '', ...command] = operands
  const directory = process.cwd()
  const restart = parseRestartPolicy(options.restart)
  if (options.rm && restart.policy !== 'no')
    throw usage('conflicting options: cannot specify both --restart and --rm')
  checkUserNamespace(options.userns)
  if (options.hostname) checkHostname(options.hostname, '--hostname')
  return {
    image,
    platform: platformOf(options),
    pull: pullPolicy(options.pull),
    quiet: options.quiet,
    name: options.name === undefined || options.name === '' ? undefined : parseName(options.name),
    replace: options.replace,
    createCommand: [process.argv0, ...process.argv.slice(2)],
    process: processRequest(options, command, foreground, context),
    hostname: options.hostname || undefined,
    domainname: options.domainname ?? '',
    labels: parseLabels(options.label, options['label-file']),
    annotations: parseMap(options.annotation, '--annotation'),
    mounts: [
      ...options.volume.map((given) => parseVolumeFlag(given, directory)),
      ...options.mount.map((given) => parseMountFlag(given, directory)),
      ...options.tmpfs.map(parseTmpfsFlag),
    ],
    volumesFrom: options['volumes-from'],
    imageVolumes: imageVolumes(options['image-volume']),
    network: networkRequest(options),
    namespaces: {
      pid: parseNamespace(options.pid, '--pid'),
      ipc: parseNamespace(options.ipc, '--ipc'),
      uts: parseNamespace(options.uts, '--uts'),
      cgroup: parseCgroupNamespace(options.cgroupns),
    },
    security: securityRecord(options),
    limits: limits(options),
    devices: options.device.map(parseDevice),
    sysctls: parseMap(options.sysctl, '--sysctl'),
    shmSize:
      options['shm-size'] === undefined ? 64 * 1024 * 1024 : parseSize(options['shm-size'], '--shm-size'),
    init: options.init,
    stopSignal: options['stop-signal'] === undefined ? undefined : parseSignal(options['stop-signal']),
    stopTimeout: options['stop-timeout'],
    restart,
    health: {
      command: options['health-cmd'],
      interval: options['health-interval'],
      timeout: options['health-timeout'],
      startPeriod: options['health-start-period'],
      startInterval: options['health-start-interval'],
      retries: options['health-retries'],
      none: options['no-healthcheck'],
    },
    log: parseLog(options['log-driver'], options['log-opt']),
    autoRemove: options.rm,
    runtime: options.runtime ?? context.runtime,
    cidFile: options.cidfile ?? '',
  }
}

function platformOf(options: CreateValues): string | undefined {
  const { platform, os, arch, variant } = options
  if (platform !== undefined) {
    if (os ?? arch ?? variant) throw usage('--platform cannot be given with --os, --arch or --variant')
    return platform
  }
  if (os === undefined && arch === undefined && variant === undefined) return undefined
  return [os ?? 'linux', arch ?? process.arch, ...(variant === undefined ? [] : [variant])].join('/')
}

function pullPolicy(given: string): PullPolicy {
  if (given === 'always' || given === 'missing' || given === 'never' || given === 'newer') return given
  throw usage(`invalid pull option: '${given}': must be one of "always", "missing" or "never"`)
}

function imageVolumes(given: string | undefined): CreateRequest['imageVolumes'] {
  if (given === undefined || given === '' || given === 'bind' || given === 'anonymous') return 'anonymous'
  if (given === 'tmpfs' || given === 'ignore') return given
  throw usage(`invalid --image-volume: ${given}`, 'anonymous, tmpfs or ignore')
}

function processRequest(
  options: CreateValues,
  command: readonly string[],
  foreground: boolean,
  context: Context,
): ProcessRequest {
  const { workdir, umask } = options
  if (workdir !== undefined && !workdir.startsWith('/')) {
    throw usage(`the working directory '${workdir}' is invalid, it needs to be an absolute path`)
  }
  if (umask !== undefined && !/^0?[0-7]{1,3}$/.test(umask))
    throw usage(`invalid --umask: ${umask}`, 'octal, e.g. 0027')
  const oomScoreAdj = options['oom-score-adj'] ?? 0
  if (oomScoreAdj < -1000 || oomScoreAdj > 1000) {
    throw usage(`Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`)
  }
  const own = context.environment
  const host = options['env-host']
    ? mergeEnvironment(
        [],
        Object.entries(own).map(([key, value]) => `${key}=${value}`),
      )
    : []
  return {
    entrypoint: entrypointOf(options.entrypoint),
    command,
    environment: [...host, ...options.unsetenv, ...parseEnvironment(options.env, options['env-file'], own)],
    unsetAll: options['unsetenv-all'],
    directory: workdir,
    user: options.user,
    groupAdd: options['group-add'],
    terminal: options.tty,
    stdin: options.interactive,
    attach: streams(options.attach, foreground, options.interactive),
    ulimits: parseUlimits(options.ulimit, (line) => context.out.note(line)),
    umask: umask === undefined ? null : Number.parseInt(umask, 8),
    oomScoreAdj,
  }
}

/** One program, or (as podman) a JSON list of words. */
function entrypointOf(given: string | undefined): readonly string[] | undefined {
  if (given === undefined) return undefined
  if (given.startsWith('[')) {
    try {
      const words: unknown = JSON.parse(given)
      if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words
    } catch {
      // `[` is also the name of a program.
    }
  }
  return given === '' ? [] : [given]
}

function streams(given: readonly string[], foreground: boolean, stdin: boolean): Stream[] {
  const words = given.map((word) => word.toLowerCase())
  for (const word of words) {
    if (word !== 'stdin' && word !== 'stdout' && word !== 'stderr') {
      throw usage(
        `invalid argument "${word}" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR`,
      )
    }
  }
  if (words.length > 0) return words as Stream[]
  return foreground ? [...(stdin ? (['stdin'] as const) : []), 'stdout', 'stderr'] : []
}

function networkRequest(options: CreateValues): NetworkRequest {
  const mode = options.network === undefined ? DEFAULT_NETWORK : parseNetworkMode(options.network)
  checkDns(options.dns)
  if (mode.kind === 'container') {
    const conflicts: [string, boolean][] = [
      ['--publish', options.publish.length > 0 || options['publish-all']],
      ['--expose', options.expose.length > 0],
      ['--hostname', options.hostname !== undefined],
      ['--dns', options.dns.length > 0],
      ['--add-host', options['add-host'].length > 0],
    ]
    const conflict = conflicts.find(([, given]) => given)
    if (conflict !== undefined) {
      throw usage(
        `conflicting options: ${conflict[0]} and the container type network mode`,
        'give it to the other container',
      )
    }
  }
  return {
    mode,
    ports: options.publish.flatMap(parsePublish),
    exposed: options.expose.flatMap(parseExpose),
    publishAll: options['publish-all'],
    dns: options.dns,
    dnsSearch: options['dns-search'],
    dnsOptions: options['dns-option'],
    extraHosts: options['add-host'].map(parseExtraHost),
  }
}

function securityRecord(options: CreateValues): SecurityRecord {
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

function limits(options: CreateValues): Limits {
  const memory = options.memory === undefined ? 0 : parseSize(options.memory, '--memory')
  if (memory > 0 && memory < SMALLEST_MEMORY) throw usage('Minimum memory limit allowed is 6MB')
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
  const cpuset = options['cpuset-cpus'] ?? ''
  if (!/^(\d+(-\d+)?(,\d+(-\d+)?)*)?$/.test(cpuset)) {
    throw new SampanError(`Invalid value ${cpuset} for cpuset cpus`, {
      exitCode: 125,
      kind: 'usage',
      hint: '0-3 or 0,1',
    })
  }
  return {
    memory,
    memorySwap,
    nanoCpus: Math.round(cpus * 1e9),
    cpuQuota,
    cpuPeriod,
    cpuShares: options['cpu-shares'] ?? 0,
    cpusetCpus: cpuset,
    pids: Math.max(0, options['pids-limit'] ?? 0),
  }
}
