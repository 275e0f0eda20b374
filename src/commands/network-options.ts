/** Values of the options of networks. `--opt`: what Docker's bridge driver knows, and what of it holds here anyway. */
import { unsupported, usage } from '../errors.ts'
import { LARGEST_MTU, MTU_OPTIONS } from '../networks/network.ts'

/** Options and the values that say what is so without them. */
const TRUE_HERE: Readonly<Record<string, readonly string[]>> = {
  'com.docker.network.bridge.enable_icc': ['true', '1'],
  'com.docker.network.bridge.enable_ip_masquerade': ['true', '1'],
  'com.docker.network.bridge.host_binding_ipv4': ['0.0.0.0'],
}
/** Docker's name for --interface-name. */
export const BRIDGE_NAME = 'com.docker.network.bridge.name'
/** What IPv6 needs; less is of no use to anybody. */
const SMALLEST_MTU = 1280

/** Throws unsupported for an option that would be ignored, usage for a value that cannot be. */
export function checkNetworkOptions(
  options: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(options)) {
    if (MTU_OPTIONS.includes(key)) checkMtu(key, value)
    else if (key !== BRIDGE_NAME && TRUE_HERE[key]?.includes(value) !== true)
      throw unsupported(`--opt ${key}=${value}`, 'leave it out')
  }
  return options
}

function checkMtu(key: string, value: string): void {
  const mtu = Number(value)
  if (!/^\d+$/.test(value) || mtu < SMALLEST_MTU || mtu > LARGEST_MTU)
    throw usage(`invalid value "${value}" of --opt ${key}`, `bytes, ${SMALLEST_MTU} to ${LARGEST_MTU}`)
}

/** Lists with commas, as podman and docker read them. */
export function words(given: string): string[] {
  return given.split(',').filter((word) => word !== '')
}
