/** What an index for several platforms, or with attestations, lists: what is stored under a name, pushed and saved. */

import { packageList } from '../../build/attest/packages.ts'
import { type BuildFacts, type ProvenanceOptions, provenance } from '../../build/attest/provenance.ts'
import { attestationManifest, type Statement, statementText } from '../../build/attest/statement.ts'
import { lowerFolders, type StageState } from '../../build/state.ts'
import type { StoredList } from '../../images/lists.ts'
import type { ImageStore } from '../../images/store.ts'
import { type Digest, hexOf } from '../../oci/digest.ts'
import { type Descriptor, parseManifest } from '../../oci/manifest.ts'
import { mediaType } from '../../oci/media-types.ts'
import { fullName, type Reference } from '../../oci/reference.ts'
import { digestOf } from '../../platform/host/sha256.ts'

export interface AttestRequest {
  readonly provenance: ProvenanceOptions | undefined
  /** The list of packages. */
  readonly sbom: boolean
  /** About this build; known when it is done. */
  readonly facts: BuildFacts
}

/** One platform's image, and where its manifest is. */
export interface Part {
  readonly state: StageState
  readonly manifest: Digest
}

export function isAttested({ provenance: asked, sbom }: Omit<AttestRequest, 'facts'>): boolean {
  return asked !== undefined || sbom
}

/** Writes what it lists that is not there yet; the index itself is the caller's to keep. */
export function composeIndex(
  store: ImageStore,
  parts: readonly Part[],
  names: readonly Reference[],
  { format, attest }: { readonly format: 'oci' | 'docker'; readonly attest: AttestRequest },
): StoredList {
  const images = parts.map(({ state: { platform }, manifest }): Descriptor => {
    const { os, architecture, variant } = platform
    const own = variant === undefined ? { architecture, os } : { architecture, os, variant }
    const { mediaType: type } = store.readManifest(manifest)
    return { mediaType: type, digest: manifest, size: store.readBlob(manifest).length, platform: own }
  })
  const attested = parts.flatMap(({ state, manifest }) => {
    const statements = statementsOf(state, manifest, names, attest)
    if (statements.length === 0) return []
    const image = { manifest, platform: state.platform, names }
    const { blobs, descriptor } = attestationManifest(image, statements)
    for (const blob of blobs) store.writeBlob(blob)
    return [descriptor]
  })
  // Docker's lists know no annotations, by which an attestation says what it is about.
  const docker = format === 'docker' && attested.length === 0
  const type = docker ? mediaType.dockerList : mediaType.ociIndex
  const text = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [...images, ...attested] })
  const index = parseManifest(text, type, 'index')
  if (index.kind !== 'index') throw new TypeError('not an index')
  const size = Buffer.byteLength(text)
  return { digest: digestOf(text), size, mediaType: type, changed: new Date().toISOString(), text, index }
}

function statementsOf(
  state: StageState,
  manifest: Digest,
  names: readonly Reference[],
  { provenance: asked, sbom, facts }: AttestRequest,
): Statement[] {
  const [name] = names
  const title = name === undefined ? hexOf(manifest) : fullName(name)
  return [
    ...(sbom ? [packageList(lowerFolders(state), title, hexOf(manifest), facts.finished)] : []),
    ...(asked === undefined ? [] : [provenance(asked, facts)]),
  ]
}

/** The same as files beside what is put out, by the names that BuildKit gives them. */
export function statementFiles(
  state: StageState,
  manifest: Digest,
  names: readonly Reference[],
  attest: AttestRequest,
): { readonly name: string; readonly text: string }[] {
  return statementsOf(state, manifest, names, attest).map((statement) => ({
    name: statement.predicateType.startsWith('https://spdx') ? 'sbom.spdx.json' : 'provenance.json',
    text: `${statementText({ manifest, platform: state.platform, names }, statement)}\n`,
  }))
}
