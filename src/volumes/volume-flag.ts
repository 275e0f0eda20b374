/** `-v`: from words to a mount. Pure: nothing is looked up or made here. */
import { unsupported, usage } from '../errors.ts'
import { type MountRequest, type Propagation, volumeRequest } from './mounts.ts'
import { checkDestination, checkVolumeName, hostPath, PROPAGATIONS } from './paths.ts'

/** Words that mean something on other hosts and nothing here: SELinux labels, Docker Desktop's consistency. */
const IGNORED: ReadonlySet<string> = new Set(['z', 'Z', 'rw', 'cached', 'delegated', 'consistent', ''])

/**
 * `[SOURCE:]DESTINATION[:WORDS]`: a source with a slash at its start, `./`, `../` or `~/` is a host path (relative to
 * `directory`), any other a volume's name, none an anonymous volume. Throws usage with docker's words.
 */
export function parseVolumeFlag(given: string, directory: string): MountRequest {
  const parts = given.split(':')
  if (parts.length > 3 || given === '') {
    throw usage(`invalid volume specification: '${given}'`, 'write SOURCE:DESTINATION[:ro]')
  }
  const [first = '', second, words = ''] = parts
  const destination = checkDestination(second ?? first, given)
  if (second === undefined) return volumeRequest(destination, { from: 'volume' })
  if (first === '')
    throw usage(`invalid volume specification: '${given}': the source is empty`, 'write SOURCE:DESTINATION')
  const mode = parseWords(words, given)
  const { readOnly } = mode
  if (isHostPath(first)) {
    if (mode.noCopy) throw usage(`invalid volume specification: '${given}': nocopy is for volumes`)
    return {
      type: 'bind',
      source: hostPath(first, directory),
      destination,
      readOnly,
      propagation: mode.propagation ?? 'rprivate',
      recursive: true,
      mode: words,
      from: 'volume',
    }
  }
  if (mode.propagation !== undefined) throw usage(`invalid mode: ${words}`, 'propagation is for host folders')
  return volumeRequest(destination, {
    name: checkVolumeName(first),
    readOnly,
    noCopy: mode.noCopy,
    mode: words,
    from: 'volume',
  })
}

interface Words {
  readonly readOnly: boolean
  readonly noCopy: boolean
  readonly propagation: Propagation | undefined
}

function parseWords(words: string, given: string): Words {
  let readOnly = false
  let noCopy = false
  let propagation: Propagation | undefined
  for (const word of words.split(',')) {
    if (word === 'ro') readOnly = true
    else if (word === 'nocopy') noCopy = true
    else if (PROPAGATIONS.has(word)) propagation = word as Propagation
    else if (word === 'U' || word === 'O') {
      throw unsupported(
        `volume mode ${word}`,
        word === 'U' ? 'change the owner inside: `run … chown`' : 'copy the folder instead',
      )
    } else if (!IGNORED.has(word))
      throw usage(`invalid mode: ${words}`, `in "${given}": ro, rw, z, nocopy or a propagation`)
  }
  return { readOnly, noCopy, propagation }
}

function isHostPath(source: string): boolean {
  return /^(\/|\.{1,2}(\/|$)|~(\/|$))/.test(source)
}
