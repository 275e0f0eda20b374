/** Paths and names in mounts: what both `-v` and `--mount` check alike. Pure. */
import { homedir } from 'node:os'
import { posix, resolve } from 'node:path'
import { usage } from '../errors.ts'
import type { BindMount } from './mounts.ts'

export const PROPAGATIONS: ReadonlySet<string> = new Set([
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
])

/** mount(8)'s words that a folder may be mounted with. */
export const FOLDER_FLAGS: ReadonlySet<string> = new Set(['exec', 'noexec', 'suid', 'nosuid', 'dev', 'nodev'])

/** Words of a mount's mode that both host folders and volumes know: FOLDER_FLAGS, `U`, `O`, `idmap`. Throws usage. */
export function folderWords(
  said: ReadonlySet<string>,
  given: string,
): Pick<BindMount, 'flags' | 'owned' | 'overlay' | 'sameIds'> {
  const flags = [...said].filter((word) => FOLDER_FLAGS.has(word))
  for (const flag of flags) {
    if (said.has(`no${flag}`)) throw usage(`invalid mode: ${flag} and no${flag}`, `in "${given}"`)
  }
  if (said.has('O') && said.has('U')) {
    throw usage(
      'invalid mode: U and O',
      `in "${given}": a folder that is only looked through stays whose it is`,
    )
  }
  return {
    ...(flags.length > 0 ? { flags } : {}),
    ...(said.has('U') ? { owned: true } : {}),
    ...(said.has('O') ? { overlay: true } : {}),
    ...(said.has('idmap') ? { sameIds: true } : {}),
  }
}

/** Absolute; `~` is the person's own folder. */
export function hostPath(source: string, directory: string): string {
  return source.startsWith('~') ? resolve(homedir(), source.replace(/^~\/?/, '')) : resolve(directory, source)
}

/** Clean, without a slash at the end. Throws usage for a relative one and for the root. */
export function checkDestination(destination: string, given: string): string {
  if (!destination.startsWith('/')) {
    throw usage(
      `invalid volume specification: '${given}': invalid mount path: '${destination}' mount path must be absolute`,
    )
  }
  const clean = posix.normalize(destination).replace(/(.)\/$/, '$1')
  if (clean === '/')
    throw usage(`invalid volume specification: '${given}': invalid specification: destination can't be '/'`)
  return clean
}

/** Docker's rule for names of local volumes; throws usage with its sentence. */
export function checkVolumeName(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return name
  if (name.length === 1) {
    throw usage(
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
      name === '.' ? 'write an absolute path for a folder: "$PWD"' : undefined,
    )
  }
  throw usage(
    `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  )
}
