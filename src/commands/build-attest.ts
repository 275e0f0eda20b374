/** `--attest`, and its short forms `--provenance` and `--sbom`. */
import type { ProvenanceOptions } from '../build/attest/provenance.ts'
import { type SampanError, unsupported, usage } from '../errors.ts'
import { fieldsOf } from './build-secrets.ts'

export interface Attested {
  readonly provenance: ProvenanceOptions | undefined
  /** The list of packages. */
  readonly sbom: boolean
}

export interface AttestWords {
  readonly attest: readonly string[]
  readonly provenance: string | undefined
  readonly sbom: string | undefined
}

/** None without being asked for. A short form has the last word. @throws usage, or unsupported for what is not made here */
export function parseAttestations({ attest, provenance, sbom }: AttestWords): Attested {
  const asked = new Map<string, ReadonlyMap<string, string>>()
  for (const word of attest) {
    const fields = fieldsOf(word, '--attest')
    const type = fields.get('type')
    if (type !== 'provenance' && type !== 'sbom')
      throw usage(`invalid --attest ${word}: its type must be provenance or sbom`)
    asked.set(type, fields)
  }
  if (provenance !== undefined) asked.set('provenance', shortForm(provenance))
  if (sbom !== undefined) asked.set('sbom', shortForm(sbom))
  const wanted = (type: string) => {
    const fields = asked.get(type)
    return fields === undefined || isTrue(fields.get('disabled')) ? undefined : fields
  }
  const packages = wanted('sbom')
  if (packages?.has('generator') === true) throw foreign('an SBOM generator')
  return { provenance: provenanceOf(wanted('provenance')), sbom: packages !== undefined }
}

/** `true`, `false`, or fields. */
function shortForm(word: string): ReadonlyMap<string, string> {
  if (/^(true|1|)$/i.test(word)) return new Map()
  if (/^(false|0|disabled)$/i.test(word)) return new Map([['disabled', 'true']])
  if (!word.includes('=')) throw foreign(`the preset ${word}`)
  return fieldsOf(word, '--attest')
}

function foreign(what: string): SampanError {
  return unsupported(what, 'say --sbom=true: the packages that dpkg and apk know are listed')
}

function provenanceOf(fields: ReadonlyMap<string, string> | undefined): ProvenanceOptions | undefined {
  if (fields === undefined) return undefined
  const mode = fields.get('mode') ?? 'min'
  if (mode !== 'min' && mode !== 'max') throw usage(`invalid provenance mode ${mode}`, 'min or max')
  const version = fields.get('version') ?? 'v1'
  if (version !== 'v1') throw unsupported(`provenance of version ${version}`, 'leave version out: it is v1')
  return {
    mode,
    builderId: fields.get('builder-id') ?? '',
    inlineOnly: isTrue(fields.get('inline-only')),
  }
}

export function isTrue(value: string | undefined): boolean {
  return /^(true|1)$/i.test(value ?? '')
}
