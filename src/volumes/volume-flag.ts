/** `-v`: from words to a mount. Pure: nothing is looked up or made here. */
import { unsupported, usage } from '../errors.ts'
import { type BindMount, type MountRequest, type Propagation, volumeRequest } from './mounts.ts'
import {
  checkDestination,
  checkVolumeName,
  FOLDER_FLAGS,
  folderWords,
  hostPath,
  PROPAGATIONS,
} from './paths.ts'

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
      ...mode.folder,
      from: 'volume',
    }
  }
  if (mode.propagation !== undefined) throw usage(`invalid mode: ${words}`, 'propagation is for host folders')
  return volumeRequest(destination, {
    name: checkVolumeName(first),
    readOnly,
    noCopy: mode.noCopy,
    mode: words,
    ...mode.folder,
    from: 'volume',
  })
}

interface Words {
  readonly readOnly: boolean
  readonly noCopy: boolean
  readonly propagation: Propagation | undefined
  readonly folder: Pick<BindMount, 'flags' | 'owned' | 'overlay' | 'sameIds'>
}

function parseWords(words: string, given: string): Words {
  let readOnly = false
  let noCopy = false
  let propagation: Propagation | undefined
  const said = new Set<string>()
  for (const word of words.split(',')) {
    if (word === 'ro') readOnly = true
    else if (word === 'nocopy') noCopy = true
    else if (PROPAGATIONS.has(word)) propagation = word as Propagation
    else if (FOLDER_FLAGS.has(word) || word === 'U' || word === 'O' || word === 'idmap') said.add(word)
    else if (word.startsWith('idmap=') || word.startsWith('upperdir=') || word.startsWith('workdir=')) {
      throw unsupported(`volume mode ${word}`, `${word.startsWith('i') ? 'idmap' : 'O'} alone is`)
    } else if (!IGNORED.has(word))
      throw usage(
        `invalid mode: ${words}`,
        `in "${given}": ro, rw, z, U, O, idmap, nocopy, noexec or a propagation`,
      )
  }
  return { readOnly, noCopy, propagation, folder: folderWords(said, given) }
}

function isHostPath(source: string): boolean {
  return /^(\/|\.{1,2}(\/|$)|~(\/|$))/.test(source)
}
