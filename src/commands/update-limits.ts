/** Limits given to a container that has some: `update`, `container clone`. */
import type { Limits } from '../containers/record.ts'
import { limits } from './create-limits.ts'

export const limitOptions = [
  'memory',
  'memory-reservation',
  'memory-swap',
  'cpus',
  'cpu-quota',
  'cpu-period',
  'cpu-shares',
  'cpuset-cpus',
  'cpuset-mems',
  'pids-limit',
] as const

type Given = Partial<Parameters<typeof limits>[0]>

/** From the limits there are to those with what is given. Throws usage for what contradicts itself. */
export function mergedLimits(options: Given): (now: Limits) => Limits {
  return (now) => limits({ ...asOptions(now, options), ...givenLimits(options) })
}

export function givenLimits(options: Given): Given {
  return Object.fromEntries(
    limitOptions.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
}

/** What is kept, as it would be typed. `--cpus` and `--cpu-quota` are two words for one limit: a new one replaces both. */
function asOptions(now: Limits, options: Given): Parameters<typeof limits>[0] {
  const share = [options.cpus, options['cpu-quota'], options['cpu-period']].some(
    (value) => value !== undefined,
  )
  const number = (value: number) => (value === 0 ? undefined : value)
  const word = (value: number) => (value === 0 ? undefined : String(value))
  return {
    memory: word(now.memory),
    'memory-reservation': word(now.memoryReservation),
    'memory-swap': word(now.memorySwap),
    cpus: share ? undefined : word(now.nanoCpus / 1e9),
    'cpu-quota': options.cpus === undefined ? number(now.cpuQuota) : undefined,
    'cpu-period': options.cpus === undefined ? number(now.cpuPeriod) : undefined,
    'cpu-shares': number(now.cpuShares),
    'cpuset-cpus': now.cpusetCpus || undefined,
    'cpuset-mems': now.cpusetMems || undefined,
    'pids-limit': number(now.pids),
  }
}
