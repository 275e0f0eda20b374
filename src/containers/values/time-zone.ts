/** `--tz`: the host's file of the zone takes the place of the container's /etc/localtime, tzset(3). */
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { usage } from '../../errors.ts'
import type { MountRequest } from '../../volumes/mounts.ts'
import { parseVolumeFlag } from '../../volumes/volume-flag.ts'

const ZONES = '/usr/share/zoneinfo'
const OWN = '/etc/localtime'

/** Throws usage for a zone that this machine does not know. */
export function timeZone(given: string): MountRequest {
  const file = given === 'local' ? OWN : join(ZONES, given)
  const known = /^[A-Za-z0-9+_-]+(\/[A-Za-z0-9+_-]+)*$/.test(given) && existsSync(file)
  if (!known) throw usage(`--tz: unknown time zone ${given}`, `local, or a file of ${ZONES}: Europe/Berlin`)
  return parseVolumeFlag(`${realpathSync(file)}:${OWN}:ro`, '/')
}
