/** From the words of `run` and `create` to a CreateRequest: each value is parsed by the noun that owns it. */
import { resolve } from 'node:path'
import type { Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { parseName } from '../containers/names.ts'
import type { CreateRequest, PullPolicy } from '../containers/request.ts'
import { parseDevice } from '../containers/values/devices.ts'
import { parseLabels, parseMap } from '../containers/values/environment.ts'
import { parseLog } from '../containers/values/log.ts'
import { parseCgroupNamespace, parseNamespace } from '../containers/values/namespaces.ts'
import { parseRestartPolicy } from '../containers/values/policies.ts'
import { parseSignal } from '../containers/values/signal.ts'
import { parseSize } from '../containers/values/size.ts'
import { timeZone } from '../containers/values/time-zone.ts'
import { parseUserNamespace } from '../containers/values/user-namespace.ts'
import { usage } from '../errors.ts'
import { checkHostname } from '../networks/hosts.ts'
import { parseSecretFlag } from '../secrets/secret-flag.ts'
import { parseMountFlag } from '../volumes/mount-flag.ts'
import { parseTmpfsFlag } from '../volumes/tmpfs-flag.ts'
import { parseVolumeFlag } from '../volumes/volume-flag.ts'
import { limits, securityRecord } from './create-limits.ts'
import { networkRequest } from './create-network.ts'
import type { createOptions } from './create-options.ts'
import { processRequest } from './create-process.ts'
import { healthFlags } from './health-flags.ts'
import { accessOf } from './registry-options.ts'

type CreateValues = Values<typeof createOptions>

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
  if (options.hostname) checkHostname(options.hostname, '--hostname')
  return {
    image,
    platform: platformOf(options),
    pull: pullPolicy(options.pull),
    access: accessOf(options),
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
      ...(options.tz ? [timeZone(options.tz)] : []),
    ],
    spareFolders:
      options['read-only'] && (options['read-only-tmpfs'] ?? context.dialect === 'podman')
        ? SPARE_FOLDERS.map(parseTmpfsFlag)
        : [],
    requires: options.requires.flatMap((given) => given.split(',')),
    volumesFrom: options['volumes-from'],
    secrets: options.secret.map(parseSecretFlag),
    imageVolumes: imageVolumes(options['image-volume']),
    network: networkRequest(options),
    namespaces: {
      pid: parseNamespace(options.pid, '--pid'),
      ipc: parseNamespace(options.ipc, '--ipc'),
      uts: parseNamespace(options.uts, '--uts'),
      cgroup: parseCgroupNamespace(options.cgroupns),
    },
    userNamespace: parseUserNamespace(options.userns, options.uidmap, options.gidmap),
    security: securityRecord(options),
    limits: limits(options),
    devices: options.device.map(parseDevice),
    sysctls: parseMap(options.sysctl, '--sysctl'),
    shmSize:
      options['shm-size'] === undefined ? 64 * 1024 * 1024 : parseSize(options['shm-size'], '--shm-size'),
    init: options.init,
    stopSignal: options['stop-signal'] === undefined ? undefined : parseSignal(options['stop-signal']),
    stopTimeout: options['stop-timeout'],
    timeout: runTime(options.timeout),
    restart,
    health: healthFlags(options),
    log: parseLog(options['log-driver'], options['log-opt']),
    autoRemove: options.rm,
    runtime: options.runtime ?? context.runtime,
    cidFile: options.cidfile ?? '',
    pidFile: options.pidfile ? resolve(directory, options.pidfile) : '',
  }
}

/** What podman leaves writable of a read-only container. */
const SPARE_FOLDERS = ['/run:exec', '/tmp:exec', '/var/tmp:exec']

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

function runTime(seconds = 0): number {
  if (seconds >= 0) return seconds
  throw usage('--timeout cannot be negative', 'seconds the container may run; 0 is any time')
}

function imageVolumes(given: string | undefined): CreateRequest['imageVolumes'] {
  if (given === undefined || given === '' || given === 'bind' || given === 'anonymous') return 'anonymous'
  if (given === 'tmpfs' || given === 'ignore') return given
  throw usage(`invalid --image-volume: ${given}`, 'anonymous, tmpfs or ignore')
}
