/** Docker's rules for who may lose what: which names go, and who is in the way. */
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import type { Reference } from '../oci/reference.ts'
import { fullName, parseReference, repositoryName } from '../oci/reference.ts'
import { isIdOf, keyOf } from './names.ts'
import type { ImagesRecord } from './record.ts'

/** A container, as far as images care. */
export interface ImageUse {
  readonly container: string
  readonly running: boolean
  /** Undefined for a container whose record cannot be read: then no layer may go. */
  readonly image: Digest | undefined
  readonly layers: readonly Digest[]
}

export interface RemoveOptions {
  readonly force: boolean
  /** Asked once the layers are locked, so that a container that is being made is seen or waits. */
  readonly uses: () => readonly ImageUse[]
}

/**
 * Whole names that go, of `names`, all that the image has. All of them means that the image goes too.
 * @throws SampanError conflict, in Docker's words
 */
export function namesToRemove(
  record: ImagesRecord,
  id: Digest,
  names: readonly string[],
  nameOrId: string,
  options: RemoveOptions,
): readonly string[] {
  const references = names.map(parseReference)
  if (isIdOf(id, record, nameOrId)) {
    const tags = references.filter(({ tag }) => tag !== undefined)
    const repositories = new Set(references.map(repositoryName))
    if (!options.force && (tags.length > 1 || repositories.size > 1)) {
      throw conflict(
        id,
        'must be forced',
        'image is referenced in multiple repositories',
        'remove its names one by one, or use --force',
      )
    }
    refuseInUse(id, options)
    return names
  }
  const key = keyOf(parseReference(nameOrId))
  const rest = references.filter((name) => fullName(name) !== key)
  if (rest.some((name) => !onlyFollows(name, key))) return goneWith(key, references)
  // The last name: the image goes with it.
  if (!options.force) refuseName(nameOrId, id, options)
  refuseInUse(id, options)
  return names
}

/** A digest of the repository whose tag goes has no life of its own. */
function onlyFollows(name: Reference, key: string): boolean {
  return name.tag === undefined && repositoryName(name) === repositoryName(parseReference(key))
}

/** The name, and the repository's digests when no tag of that repository is left. */
function goneWith(key: string, references: readonly Reference[]): string[] {
  const repository = repositoryName(parseReference(key))
  const left = references.filter((name) => fullName(name) !== key && repositoryName(name) === repository)
  return left.some(({ tag }) => tag !== undefined) ? [key] : [key, ...left.map(fullName)]
}

function refuseName(name: string, id: Digest, options: RemoveOptions): void {
  const user = options.uses().find(({ image }) => image === id)
  if (user === undefined) return
  throw new SampanError(
    `conflict: unable to remove repository reference "${name}" (must force) - container ${user.container.slice(0, 12)} is using its referenced image ${shortId(id)}`,
    { hint: `remove the container first: sampan rm ${user.container.slice(0, 12)}`, kind: 'conflict' },
  )
}

/** A running container keeps its image whatever is asked; a stopped one unless it is forced. */
function refuseInUse(id: Digest, options: RemoveOptions): void {
  for (const { container, running, image } of options.uses()) {
    if (image !== id || (!running && options.force)) continue
    const short = container.slice(0, 12)
    throw running
      ? conflict(
          id,
          'cannot be forced',
          `image is being used by running container ${short}`,
          `stop and remove it first: sampan rm -f ${short}`,
        )
      : conflict(
          id,
          'must be forced',
          `image is being used by stopped container ${short}`,
          `remove it first: sampan rm ${short}`,
        )
  }
}

function conflict(id: Digest, how: string, why: string, hint: string): SampanError {
  return new SampanError(`conflict: unable to delete ${shortId(id)} (${how}) - ${why}`, {
    hint,
    kind: 'conflict',
  })
}
