/** Whether the blobs of lists for several platforms, and of what refers to images, are there and what they should be. */
import { rmSync } from 'node:fs'
import { SampanError } from '../errors.ts'
import type { Digest } from '../oci/digest.ts'
import { shortId } from '../oci/digest.ts'
import { type Descriptor, parseManifest } from '../oci/manifest.ts'
import { isIndex, isManifest } from '../oci/media-types.ts'
import { familiarName, parseReference, type Reference } from '../oci/reference.ts'
import { readCatalog } from './catalog.ts'
import { blobProblem, imageTitle } from './check-blobs.ts'
import type { Damage } from './damage.ts'
import { blobsOfList, removeList } from './lists.ts'
import type { ImagesRecord } from './record.ts'
import { removeReferrer } from './referrers.ts'
import type { ImageStore } from './store.ts'

export interface PieceCheck {
  /** Sizes only; else every byte is read. */
  readonly quick: boolean
  /** Looked at already, as part of an image. */
  readonly seen: Set<Digest>
  /** Brings one manifest or blob from where these names lead to. Throws SampanError where nobody has it. */
  readonly fetch: (names: readonly Reference[], piece: Descriptor) => Promise<void>
}

/** A list whose index nobody has goes; its image for this machine stays. */
export function* listDamage(store: ImageStore, check: PieceCheck): Generator<Damage> {
  for (const [key, { digest, size, mediaType }] of Object.entries(readCatalog(store.data).lists ?? {})) {
    const name = parseReference(key)
    const title = `the list ${familiarName(name)}`
    for (const piece of piecesOf(store, { digest, size, mediaType })) {
      yield* pieceDamage(store, check, piece, title, [name], (reason) => {
        if (piece.digest !== digest) {
          throw new SampanError(`the list cannot be pushed or saved as a whole: ${reason}`, {
            hint: `bring it again (pull --all-platforms), or drop it: sampan manifest rm ${familiarName(name)}`,
          })
        }
        removeList(store, name)
        return 'nobody has it: the list was dropped, its image stays'
      })
    }
  }
}

/** What refers to an image and cannot be had goes; the image stays. */
export function* referrerDamage(store: ImageStore, check: PieceCheck): Generator<Damage> {
  const record = readCatalog(store.data)
  for (const [key, { subject, mediaType, size }] of Object.entries(record.referrers ?? {})) {
    const digest = key as Digest
    const names = namesOf(store, record, subject)
    const [title] = names.map(familiarName)
    const what = `what refers to ${title ?? subjectTitle(record, subject)}`
    for (const piece of piecesOf(store, { digest, size, mediaType })) {
      yield* pieceDamage(store, check, piece, what, names, () => {
        removeReferrer(store, digest)
        return 'nobody has it: it was dropped, the image stays'
      })
    }
  }
}

function* pieceDamage(
  store: ImageStore,
  { quick, seen, fetch }: PieceCheck,
  piece: Descriptor,
  title: string,
  names: readonly Reference[],
  giveUp: (reason: string) => string,
): Generator<Damage> {
  const { digest, size } = piece
  if (seen.has(digest)) return
  seen.add(digest)
  const wrong = blobProblem(store, digest, size, quick)
  if (wrong === false) return
  yield {
    what: `blob ${shortId(digest)} of ${title} ${wrong}`,
    async mend() {
      // In its place it would keep the right one away.
      rmSync(store.blobPath(digest), { force: true })
      try {
        await fetch(names, piece)
        return 'fetched again'
      } catch (error) {
        if (!(error instanceof SampanError)) throw error
        return giveUp(error.message)
      }
    },
  }
}

/**
 * A manifest or index, and what it names, as far as that can be read by now: each is read after the one before was
 * looked at, and mended.
 */
function* piecesOf(store: ImageStore, top: Descriptor): Generator<Descriptor> {
  for (const waiting = [top]; waiting.length > 0; ) {
    const piece = waiting.shift() as Descriptor
    yield piece
    if (!isIndex(piece.mediaType) && !isManifest(piece.mediaType)) continue
    try {
      const text = store.readBlob(piece.digest).toString()
      const parsed = parseManifest(text, piece.mediaType, `manifest ${shortId(piece.digest)}`)
      waiting.push(...(parsed.kind === 'index' ? parsed.manifests : [parsed.config, ...parsed.layers]))
    } catch (error) {
      if (!(error instanceof SampanError)) throw error
    }
  }
}

/** Names under which a registry may have what refers to this digest. */
function namesOf(store: ImageStore, record: ImagesRecord, subject: Digest): Reference[] {
  // A signature of a list of contents lies beside the image that list is of.
  const further = record.referrers?.[subject]?.subject
  if (further !== undefined && further !== subject) return namesOf(store, record, further)
  const images = Object.entries(record.names).filter(([, { manifest }]) => manifest === subject)
  const lists = Object.entries(record.lists ?? {}).filter(([, { digest }]) =>
    blobsOfList(store, digest).includes(subject),
  )
  return [...images, ...lists].map(([name]) => parseReference(name))
}

function subjectTitle(record: ImagesRecord, subject: Digest): string {
  const config = record.manifests[subject]?.config
  return config === undefined ? `manifest ${shortId(subject)}` : imageTitle(record, config)
}
