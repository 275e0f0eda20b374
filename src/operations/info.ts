/** What there is and what this machine can do, in the shape of Docker's `info`. */

import { cpus, hostname, machine, release, totalmem } from 'node:os'
import type { Context } from '../cli/context.ts'
import { driverChoice } from '../containers/driver.ts'
import { ContainerStore } from '../containers/store.ts'
import { ImageStore } from '../images/store.ts'
import { dockerHub } from '../oci/reference.ts'
import { build } from '../platform/host/build.ts'
import { type Cgroups, cgroups } from '../platform/host/cgroups.ts'
import { readConfig } from '../platform/host/config.ts'
import { fileSystemOf, machineId, operatingSystem } from '../platform/host/machine.ts'
import { scopeCgroups } from '../platform/host/scope.ts'
import { sha256 } from '../platform/host/sha256.ts'
import { readRegistriesConf } from '../platform/registry/registries-conf.ts'
import { readSettings } from '../platform/registry/settings.ts'
import { customOf } from './registry-access.ts'

export type Info = ReturnType<typeof info>

/**
 * Gathers it all; what cannot be found out becomes a warning, so that `info` answers on a machine where nothing else
 * works.
 */
export function info(context: Context) {
  const { directories } = context
  const warnings: string[] = []
  const storage = describeStorage(context, warnings)
  const scoped = scopeCgroups(context.environment)
  const groups = scoped ?? cgroups()
  const limits = describeLimits(groups, warnings)
  const registries = describeRegistries(context, warnings)
  return {
    ID: installationId(directories.data),
    ...countContainers(directories, warnings),
    Images: new ImageStore(directories).list().length,
    ...storage,
    Plugins: {
      Volume: ['local'],
      Network: ['container', 'host', 'none', 'pasta', 'slirp'],
      Authorization: null,
      Log: ['json-file', 'none'],
    },
    ...limits,
    LoggingDriver: 'json-file',
    CgroupDriver: groups.controllers.length === 0 ? 'none' : scoped === undefined ? 'cgroupfs' : 'systemd',
    CgroupVersion: groups.version,
    KernelVersion: release(),
    OperatingSystem: operatingSystem(),
    OSType: 'linux',
    Architecture: machine(),
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: {
      InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8'],
      InsecureRegistries: registries.insecure,
      Mirrors: registries.mirrors,
    },
    NCPU: cpus().length,
    MemTotal: totalmem(),
    DockerRootDir: directories.data,
    HttpProxy: context.environment['HTTP_PROXY'] ?? '',
    HttpsProxy: context.environment['HTTPS_PROXY'] ?? '',
    NoProxy: context.environment['NO_PROXY'] ?? '',
    Name: hostname(),
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: build.version,
    SystemTime: new Date().toISOString(),
    Runtimes: { sampan: { path: 'sampan' } },
    DefaultRuntime: context.runtime ?? 'sampan',
    Swarm: { LocalNodeState: 'inactive' },
    LiveRestoreEnabled: true,
    SecurityOptions: [
      'name=seccomp,profile=builtin',
      ...(process.getuid?.() === 0 ? [] : ['name=rootless']),
      'name=cgroupns',
    ],
    Warnings: warnings,
    ClientInfo: {
      Version: build.version,
      Debug: context.debug,
      Context: 'default',
      Plugins: [],
      Warnings: [],
    },
  }
}

/** Of our configuration, and of registries.conf what is there for Docker Hub and what is insecure. */
function describeRegistries(context: Context, warnings: string[]) {
  try {
    const { insecure, mirrors } = readSettings(context.directories)
    const { rules } = readRegistriesConf(context.environment, customOf(context))
    const hub = rules.filter(({ prefix }) => prefix === dockerHub).flatMap((rule) => rule.mirrors)
    return {
      insecure: [...insecure, ...rules.filter((rule) => rule.insecure).map(({ prefix }) => prefix)],
      mirrors: [...mirrors, ...hub.map(({ location }) => location)],
    }
  } catch (error) {
    warnings.push((error as Error).message)
    return { insecure: [], mirrors: [] }
  }
}

function countContainers(directories: Context['directories'], warnings: string[]) {
  const counts = { running: 0, paused: 0, stopped: 0, all: 0 }
  for (const container of new ContainerStore(directories).list()) {
    counts.all += 1
    try {
      const { status } = container.state()
      if (status === 'running' || status === 'restarting') counts.running += 1
      else if (status === 'paused') counts.paused += 1
      else counts.stopped += 1
    } catch (error) {
      counts.stopped += 1
      warnings.push(`container ${container.id.slice(0, 12)}: ${(error as Error).message}`)
    }
  }
  return {
    Containers: counts.all,
    ContainersRunning: counts.running,
    ContainersPaused: counts.paused,
    ContainersStopped: counts.stopped,
  }
}

/** The driver new containers get and why, and how ids inside a container map to ours. */
function describeStorage(context: Context, warnings: string[]) {
  const { data } = context.directories
  const status: [string, string][] = [['Backing Filesystem', fileSystemOf(data)]]
  try {
    const { driver, why, mapping } = driverChoice(context.directories)
    const configured = readConfig(context.directories).storageDriver
    const forced = context.storageDriver ?? configured
    status.push([
      'Chosen because',
      forced === undefined
        ? why
        : `${context.storageDriver === undefined ? 'config.json' : '--storage-driver'} asks for it (else ${driver})`,
    ])
    status.push(['User ids', MAPPINGS[mapping]])
    if (mapping === 'single') {
      warnings.push(
        'Only your own user id can be used in containers: there is no range for you in /etc/subuid',
      )
    }
    return { Driver: forced ?? driver, DriverStatus: status }
  } catch (error) {
    // No user namespace, or a data folder that cannot be written: nothing runs, and this says why.
    warnings.push((error as Error).message)
    return { Driver: context.storageDriver ?? 'unknown', DriverStatus: status }
  }
}

const MAPPINGS = {
  full: 'root inside is you, the others are your range of /etc/subuid',
  single: 'only yours, as root inside',
  identity: 'the same inside as outside',
} as const

function describeLimits({ version, controllers }: Cgroups, warnings: string[]) {
  const has = (name: string) => controllers.includes(name)
  const limits = {
    MemoryLimit: has('memory'),
    SwapLimit: has('memory'),
    CpuCfsPeriod: has('cpu'),
    CpuCfsQuota: has('cpu'),
    CPUShares: has('cpu'),
    CPUSet: has('cpuset'),
    PidsLimit: has('pids'),
    OomKillDisable: false,
  }
  const missing = (Object.entries(LIMIT_NAMES) as [keyof typeof limits, string][]).filter(
    ([limit]) => !limits[limit],
  )
  for (const [, name] of missing) warnings.push(`No ${name} support`)
  if (missing.length > 0) {
    warnings.push(
      version === '1'
        ? 'Limits need cgroup v2: this machine has version 1'
        : 'Limits need controllers of cgroup v2 that are delegated to you: log in through systemd, and see `Delegate=` of systemd.resource-control(5)',
    )
  }
  return limits
}

/** In the words of Docker's warnings. */
const LIMIT_NAMES = {
  MemoryLimit: 'memory limit',
  SwapLimit: 'swap limit',
  CpuCfsQuota: 'cpu cfs quota',
  CPUShares: 'cpu shares',
  CPUSet: 'cpuset',
  PidsLimit: 'pids limit',
} as const

/** One id for this machine and data folder, the same at every call: a UUID made of a hash. */
function installationId(data: string): string {
  const hash = sha256().update(`${machineId()}\0${data}`).digest('hex')
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
