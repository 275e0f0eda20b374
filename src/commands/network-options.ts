/** Values of the options of networks. `--opt`: what Docker's bridge driver knows, and what of it holds here anyway. */
import { unsupported } from '../errors.ts'

/** Options and the values that say what is so without them. */
const TRUE_HERE: Readonly<Record<string, readonly string[]>> = {
  'com.docker.network.bridge.enable_icc': ['true', '1'],
  'com.docker.network.bridge.enable_ip_masquerade': ['true', '1'],
  'com.docker.network.bridge.host_binding_ipv4': ['0.0.0.0'],
  'com.docker.network.driver.mtu': ['65520'],
  mtu: ['65520'],
}

/** Throws unsupported for an option that would be ignored. */
export function checkNetworkOptions(
  options: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(options)) {
    if (TRUE_HERE[key]?.includes(value)) continue
    const instead = key.endsWith('bridge.name')
      ? 'use --interface-name'
      : key.endsWith('mtu')
        ? 'packets between containers may have 65520 bytes: the kernel cuts them where they leave'
        : 'leave it out'
    throw unsupported(`--opt ${key}=${value}`, instead)
  }
  return options
}

/** Lists with commas, as podman and docker read them. */
export function words(given: string): string[] {
  return given.split(',').filter((word) => word !== '')
}
