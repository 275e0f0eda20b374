/** What the containers of RUN have in common, from the words of `build`. */
import { defaultValues, type Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import type { CreateRequest } from '../containers/request.ts'
import { defined } from '../oci/json.ts'
import type { buildOptions } from './build-options.ts'
import { createOptions } from './create-options.ts'
import { createRequest } from './create-request.ts'

type BuildValues = Values<typeof buildOptions>

/** A RUN's container as `run` would make it, of the options that both have. */
export function stepRequest(options: BuildValues, hostname: string, context: Context): CreateRequest {
  const { network, ulimit, memory } = options
  const values: Values<typeof createOptions> = {
    ...(defaultValues(createOptions) as Values<typeof createOptions>),
    'add-host': options['add-host'],
    'cap-add': options['cap-add'],
    'cap-drop': options['cap-drop'],
    device: options.device,
    dns: options.dns,
    'dns-option': options['dns-option'],
    'dns-search': options['dns-search'],
    'group-add': options['group-add'],
    ipc: options.ipc,
    'no-hostname': options['no-hostname'],
    'no-hosts': options['no-hosts'],
    pid: options.pid,
    uts: options.uts,
    runtime: options.runtime,
    volume: options.volume,
    'cpu-period': options['cpu-period'],
    'cpu-quota': options['cpu-quota'],
    'cpu-shares': options['cpu-shares'],
    'cpuset-cpus': options['cpuset-cpus'],
    'cpuset-mems': options['cpuset-mems'],
    memory,
    'memory-swap': options['memory-swap'],
    network: network === undefined ? [] : [network],
    'security-opt': options['security-opt'],
    'shm-size': options['shm-size'],
    ulimit,
    'image-volume': 'ignore',
    'no-healthcheck': true,
    'log-driver': 'none',
    'http-proxy': false, // these are build arguments
    ...(options.uts === 'host' ? {} : { hostname }),
  }
  return createRequest(values, ['build', 'true'], true, context)
}

/** What of it decides what a RUN writes. What was not asked for is not in it. @param hostname where it was chosen */
export function stepIdentity(
  { ipc, pid, uts, volume, 'group-add': groups }: BuildValues,
  hostname: string | undefined,
  step: CreateRequest,
): Readonly<Record<string, unknown>> {
  return {
    mode: step.network.mode,
    networks: step.network.networks,
    hosts: step.network.extraHosts,
    security: step.security.options,
    capabilities: step.security.capabilities,
    devices: step.devices,
    dns: [step.network.dns, step.network.dnsSearch, step.network.dnsOptions],
    volumes: volume,
    ...defined({ ipc, pid, uts, groups: groups.length === 0 ? undefined : groups, hostname }),
  }
}
