/** `manifest inspect`: a list that is here, else the manifest or index that a registry has. */

import type { Context } from '../cli/context.ts'
import { findList } from '../images/lists.ts'
import { ImageStore } from '../images/store.ts'
import type { Digest } from '../oci/digest.ts'
import { parseJson } from '../oci/json.ts'
import { type Descriptor, parseManifest } from '../oci/manifest.ts'
import { mediaType } from '../oci/media-types.ts'
import type { Reference } from '../oci/reference.ts'
import { familiarName, fullName, parseReference, withDefaultTag } from '../oci/reference.ts'
import { digestOf } from '../platform/host/sha256.ts'
import type { Access } from '../platform/registry/access.ts'
import { openRegistry } from './registry-access.ts'

export interface InspectInput {
  readonly operands: readonly string[]
  readonly options: { readonly access: Access; readonly verbose: boolean }
}

interface Document {
  readonly text: string
  readonly contentType: string | undefined
}

/** As JSON. Verbose: what is listed, too, each with its descriptor, as docker does. */
export async function inspectManifest(
  { operands, options }: InspectInput,
  context: Context,
): Promise<number> {
  const name = withDefaultTag(parseReference(operands[0] ?? ''))
  const store = new ImageStore(context.directories)
  using stack = new DisposableStack()
  const remote = async (which: string) => {
    const registry = stack.use(await openRegistry(name, options.access, context))
    return await registry.manifest(name, which)
  }
  const list = findList(store, name)
  const top: Document =
    list === undefined
      ? await remote(name.digest ?? name.tag ?? 'latest')
      : { text: list.text, contentType: list.mediaType }
  const listed = async (digest: Digest): Promise<Document> =>
    list !== undefined && store.hasBlob(digest)
      ? { text: store.readBlob(digest).toString(), contentType: undefined }
      : await remote(digest)
  const value = options.verbose
    ? await inDetail(name, top, listed)
    : parseJson(top.text, `manifest of ${familiarName(name)}`)
  context.out.write(`${JSON.stringify(value, undefined, context.dialect === 'podman' ? 4 : 3)}\n`)
  return 0
}

async function inDetail(name: Reference, top: Document, listed: (digest: Digest) => Promise<Document>) {
  const what = `manifest of ${familiarName(name)}`
  const parsed = parseManifest(top.text, top.contentType, what)
  if (parsed.kind === 'manifest') {
    const { mediaType: type } = parsed
    const size = Buffer.byteLength(top.text)
    return detail(name, { mediaType: type, digest: digestOf(top.text), size }, top)
  }
  const details = []
  for (const descriptor of parsed.manifests) {
    details.push(detail(name, descriptor, await listed(descriptor.digest)))
  }
  return details
}

/** The members of docker's. */
function detail({ registry, repository, tag }: Reference, descriptor: Descriptor, { text }: Document) {
  const { digest } = descriptor
  const ref = `${fullName({ registry, repository, ...(tag === undefined ? {} : { tag }) })}@${digest}`
  const member = descriptor.mediaType === mediaType.dockerManifest ? 'SchemaV2Manifest' : 'OCIManifest'
  return {
    Ref: ref,
    Descriptor: descriptor,
    Raw: Buffer.from(text).toString('base64'),
    [member]: parseJson(text, `manifest ${digest}`),
  }
}
