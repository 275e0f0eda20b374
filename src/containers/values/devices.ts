/** `--device /dev/x[:/dev/y][:rwm]`. */
import { statSync } from 'node:fs'
import { SampanError, unsupported, usage } from '../../errors.ts'
import type { DeviceRecord } from '../record.ts'

/** The device must exist. Throws usage for a malformed one. */
export function parseDevice(given: string): DeviceRecord {
  const [host = '', second, third, ...rest] = given.split(':')
  if (host.includes('='))
    throw unsupported(`--device ${given}`, 'CDI devices: give the device node by its path')
  if (host === '' || rest.length > 0)
    throw usage(`invalid device specification: ${given}`, 'HOST[:CONTAINER][:rwm]')
  const secondIsMode = second !== undefined && third === undefined && isMode(second)
  const container = second === undefined || secondIsMode ? host : second
  const permissions = (secondIsMode ? second : third) ?? 'rwm'
  if (!isMode(permissions)) throw usage(`bad mode specified: ${permissions}`, 'letters of rwm')
  if (!container.startsWith('/'))
    throw usage(`bad format for path: ${container}`, 'the path in the container is absolute')
  if (statSync(host, { throwIfNoEntry: false }) === undefined) {
    throw new SampanError(
      `error gathering device information while adding custom device "${host}": no such file or directory`,
      {
        exitCode: 125,
      },
    )
  }
  return { host, container, permissions }
}

function isMode(word: string): boolean {
  return /^[rwm]{1,3}$/.test(word) && new Set(word).size === word.length
}
