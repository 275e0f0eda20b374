/** The packages of an image, after the databases of dpkg and apk in it, as an SPDX 2.3 document. */
import { readFromUnion, type Union } from '../../containers/union.ts'
import type { Statement } from './statement.ts'

export interface Package {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** As the database has it: `deb` and `apk` of package URLs. */
  readonly kind: 'deb' | 'apk'
}

/** @param unique makes the document's own URI */
export function packageList(union: Union, name: string, unique: string, created: Date): Statement {
  const system = releaseOf(readFromUnion(union, '/etc/os-release') ?? '')
  const packages = packagesIn(union)
  const elements = packages.map((one, at) => ({
    SPDXID: `SPDXRef-Package-${at}`,
    name: one.name,
    versionInfo: one.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: packageUrlOf(one, system),
      },
    ],
  }))
  return {
    predicateType: 'https://spdx.dev/Document',
    predicate: {
      spdxVersion: 'SPDX-2.3',
      dataLicense: 'CC0-1.0',
      SPDXID: 'SPDXRef-DOCUMENT',
      name,
      documentNamespace: `https://sampan.invalid/spdx/${unique}`,
      creationInfo: { creators: ['Tool: sampan'], created: created.toISOString().replace(/\.\d+Z$/, 'Z') },
      packages: elements,
      relationships: elements.map(({ SPDXID }) => ({
        spdxElementId: 'SPDXRef-DOCUMENT',
        relatedSpdxElement: SPDXID,
        relationshipType: 'DESCRIBES',
      })),
    },
  }
}

export function packagesIn(union: Union): Package[] {
  return [
    ...dpkgPackages(readFromUnion(union, '/var/lib/dpkg/status') ?? ''),
    ...apkPackages(readFromUnion(union, '/lib/apk/db/installed') ?? ''),
  ]
}

/** deb822: `Field: value` lines, an empty line between packages. */
export function dpkgPackages(text: string): Package[] {
  return text.split(/\n{2,}/).flatMap((paragraph) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1]
    const [name, version] = [field('Package'), field('Version')]
    const installed = field('Status')?.endsWith(' installed') ?? false
    if (name === undefined || version === undefined || !installed) return []
    return [{ name, version, architecture: field('Architecture') ?? '', kind: 'deb' as const }]
  })
}

/** apk-db: `P:name`, `V:version`, `A:architecture`, an empty line between packages. */
export function apkPackages(text: string): Package[] {
  return text.split(/\n{2,}/).flatMap((paragraph) => {
    const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, 'm').exec(paragraph)?.[1]
    const [name, version] = [field('P'), field('V')]
    if (name === undefined || version === undefined) return []
    return [{ name, version, architecture: field('A') ?? '', kind: 'apk' as const }]
  })
}

interface Release {
  readonly id: string
  readonly version: string
}

function releaseOf(text: string): Release {
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(text)?.[1] ?? ''
  return { id: field('ID'), version: field('VERSION_ID') }
}

function packageUrlOf({ kind, name, version, architecture }: Package, { id, version: release }: Release) {
  const encode = encodeURIComponent
  const qualifiers = [
    ...(architecture === '' ? [] : [`arch=${encode(architecture)}`]),
    ...(id === '' || release === '' ? [] : [`distro=${encode(`${id}-${release}`)}`]),
  ]
  const more = qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`
  return `pkg:${kind}/${id === '' ? 'unknown' : encode(id)}/${encode(name)}@${encode(version)}${more}`
}
