/** `info` for people: Docker's lines, Client then Server. */
import type { Info } from '../operations/info.ts'
import { humanMemory } from './human.ts'

export function infoText(info: Info): string {
  const lines = [
    'Client:',
    ` Version:    ${info.ClientInfo.Version}`,
    ` Context:    ${info.ClientInfo.Context}`,
    ` Debug Mode: ${info.ClientInfo.Debug}`,
    '',
    'Server:',
    ` Containers: ${info.Containers}`,
    `  Running: ${info.ContainersRunning}`,
    `  Paused: ${info.ContainersPaused}`,
    `  Stopped: ${info.ContainersStopped}`,
    ` Images: ${info.Images}`,
    ` Server Version: ${info.ServerVersion}`,
    ` Storage Driver: ${info.Driver}`,
    ...info.DriverStatus.map(([name, value]) => `  ${name}: ${value}`),
    ` Logging Driver: ${info.LoggingDriver}`,
    ` Cgroup Driver: ${info.CgroupDriver}`,
    ` Cgroup Version: ${info.CgroupVersion}`,
    ' Plugins:',
    `  Volume: ${info.Plugins.Volume.join(' ')}`,
    `  Network: ${info.Plugins.Network.join(' ')}`,
    `  Log: ${info.Plugins.Log.join(' ')}`,
    ` Swarm: ${info.Swarm.LocalNodeState}`,
    ` Runtimes: ${Object.keys(info.Runtimes).join(' ')}`,
    ` Default Runtime: ${info.DefaultRuntime}`,
    ' Security Options:',
    ...info.SecurityOptions.flatMap(securityOption),
    ` Kernel Version: ${info.KernelVersion}`,
    ` Operating System: ${info.OperatingSystem}`,
    ` OSType: ${info.OSType}`,
    ` Architecture: ${info.Architecture}`,
    ` CPUs: ${info.NCPU}`,
    ` Total Memory: ${humanMemory(info.MemTotal)}`,
    ` Name: ${info.Name}`,
    ` ID: ${info.ID}`,
    ` Docker Root Dir: ${info.DockerRootDir}`,
    ` Debug Mode: ${info.ClientInfo.Debug}`,
    ...proxy('HTTP Proxy', info.HttpProxy),
    ...proxy('HTTPS Proxy', info.HttpsProxy),
    ...proxy('No Proxy', info.NoProxy),
    ` Registry: ${info.IndexServerAddress}`,
    ` Experimental: ${info.ExperimentalBuild}`,
    ' Insecure Registries:',
    ...info.RegistryConfig.InsecureRegistries.map((host) => `  ${host}`),
    ...info.RegistryConfig.InsecureRegistryCIDRs.map((range) => `  ${range}`),
    ...(info.RegistryConfig.Mirrors.length > 0 ? [' Registry Mirrors:'] : []),
    ...info.RegistryConfig.Mirrors.map((mirror) => `  ${mirror}`),
    ` Live Restore Enabled: ${info.LiveRestoreEnabled}`,
  ]
  return `${lines.join('\n')}\n`
}

/** `name=seccomp,profile=builtin` is a line and one below it. */
function securityOption(option: string): readonly string[] {
  const [name, ...details] = option.split(',').map((pair) => pair.split('='))
  return [
    `  ${name?.[1]}`,
    ...details.map(([key = '', value]) => `   ${key[0]?.toUpperCase()}${key.slice(1)}: ${value}`),
  ]
}

function proxy(label: string, address: string): readonly string[] {
  // Credentials in a proxy's address are nobody's business in a bug report.
  return address === '' ? [] : [` ${label}: ${address.replace(/\/\/[^/@]*@/, '//xxxxx:xxxxx@')}`]
}
