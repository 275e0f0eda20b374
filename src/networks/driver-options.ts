/** `--opt` of `network create`: what Docker's bridge driver and podman's know, and what of it is done here. Pure. */
import { unsupported, usage } from '../errors.ts'
import type { Network } from './network.ts'
import { isIpv4, isIpv6 } from './ports.ts'

/** What the options of a network come to. */
export interface DriverSettings {
  /** Bytes of the largest packet. */
  readonly mtu: number
  /** Its containers do not reach each other. */
  readonly isolated: boolean
  /** Where ports of its containers are published that have no address of their own; undefined: not said. */
  readonly bindIp: string | undefined
  readonly defaultRoute: boolean
  /** Of the default route; 0: the kernel's. */
  readonly metric: number
}

type Options = Readonly<Record<string, string>>
/** Undefined for a value that can be honoured, else what to write instead. Throws unsupported for what cannot be done. */
type Check = (value: string, key: string) => string | undefined

/** Most that the kernel's bridges take; the outside has its own, smaller limit. */
const LARGEST_MTU = 65520
/** What IPv6 needs; less is of no use to anybody. */
const SMALLEST_MTU = 1280

const DOCKER = 'com.docker.network'
/** Docker's name for --interface-name. */
export const BRIDGE_NAME = `${DOCKER}.bridge.name`
const ENABLE_IPV6 = `${DOCKER}.enable_ipv6`
const MTU = ['mtu', `${DOCKER}.driver.mtu`, `${DOCKER}.mtu`]
const ICC = `${DOCKER}.bridge.enable_icc`
const BIND_IP = [`${DOCKER}.bridge.host_binding_ipv4`, `${DOCKER}.host_binding_ipv4`]
const NO_DEFAULT_ROUTE = 'no_default_route'

const CHECKS: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(MTU.map((key) => [key, whole(SMALLEST_MTU, LARGEST_MTU)])),
  ...Object.fromEntries(BIND_IP.map((key) => [key, address])),
  [BRIDGE_NAME]: () => undefined,
  [ENABLE_IPV6]: flag,
  [ICC]: flag,
  [NO_DEFAULT_ROUTE]: flag,
  metric: whole(1, 2 ** 32 - 1),
  isolate: only(['strict'], 'networks never reach each other here: put a container on both'),
  [`${DOCKER}.bridge.enable_ip_masquerade`]: only(
    [],
    'the host has no way to its addresses: use --internal where it should lead nowhere',
  ),
  [`${DOCKER}.bridge.gateway_mode_ipv4`]: only(['nat'], 'use --internal where it should lead nowhere'),
  [`${DOCKER}.bridge.gateway_mode_ipv6`]: only(['nat'], 'use --internal where it should lead nowhere'),
}

/** Throws unsupported for an option that would be ignored, usage for a value that cannot be. */
export function checkDriverOptions(options: Options): void {
  for (const [key, value] of Object.entries(options)) {
    const check = CHECKS[key]
    if (check === undefined) throw unsupported(`--opt ${key}`, `known are ${Object.keys(CHECKS).join(', ')}`)
    const expected = check(value, key)
    if (expected !== undefined) throw usage(`invalid value "${value}" of --opt ${key}`, expected)
  }
}

/** Of options that were checked. */
export function driverSettings({ options }: Pick<Network, 'options'>): DriverSettings {
  const first = (keys: readonly string[]) =>
    keys.map((key) => options[key]).find((value) => value !== undefined)
  return {
    mtu: Number(first(MTU) ?? LARGEST_MTU),
    isolated: isTrue(options[ICC]) === false,
    bindIp: first(BIND_IP),
    defaultRoute: isTrue(options[NO_DEFAULT_ROUTE]) !== true,
    metric: Number(options['metric'] ?? 0),
  }
}

/** undefined where the options do not say. */
export function ipv6Asked(options: Options): boolean | undefined {
  return isTrue(options[ENABLE_IPV6])
}

function whole(least: number, most: number): Check {
  return (value) =>
    /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `a number from ${least} to ${most}`
}

/** true, and `words` that mean the same: it is so anyway. */
function only(words: readonly string[], instead: string): Check {
  return (value, key) => {
    if (words.includes(value) || isTrue(value) === true) return undefined
    throw unsupported(`--opt ${key}=${value}`, instead)
  }
}

function flag(value: string): string | undefined {
  return isTrue(value) === undefined ? 'true or false' : undefined
}

function address(value: string): string | undefined {
  return isIpv4(value) || isIpv6(value) ? undefined : 'an address of this machine, like 127.0.0.1'
}

/** As Go reads it. */
function isTrue(value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined
  if (['1', 't', 'T', 'true', 'True', 'TRUE'].includes(value)) return true
  return ['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(value) ? false : undefined
}
