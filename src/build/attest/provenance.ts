/**
 * How an image was made, as SLSA has it (slsa.dev/spec/v1.1/provenance), with BuildKit's definitions of the parameters. What
 * this builder does not know is left out and said to be incomplete. Pure.
 */
import type { Digest } from '../../oci/digest.ts'
import { hexOf } from '../../oci/digest.ts'
import { formatPlatform, type Platform } from '../../oci/platform.ts'
import type { Reference } from '../../oci/reference.ts'
import { packageUrl, type Statement } from './statement.ts'

/** `--provenance`. `max` names arguments, labels and the Dockerfile itself. */
export interface ProvenanceOptions {
  readonly mode: 'min' | 'max'
  readonly builderId: string
  /** Not as a file beside files that are put out. */
  readonly inlineOnly: boolean
}

export interface BuildFacts {
  readonly invocation: string
  readonly started: Date
  readonly finished: Date
  /** Of this machine. */
  readonly builderPlatform: Platform
  readonly dockerfile: { readonly path: string; readonly text: string }
  /** Where the context was fetched from. */
  readonly source: { readonly uri: string; readonly commit: string } | undefined
  readonly target: string | undefined
  readonly buildArgs: ReadonlyMap<string, string>
  readonly labels: Readonly<Record<string, string>>
  readonly bases: readonly Base[]
}

/** An image that was built on or copied from. */
export interface Base {
  readonly name: Reference
  readonly manifest: Digest
  readonly platform: Platform
}

const definitions = 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md'

export function provenance({ mode, builderId }: ProvenanceOptions, facts: BuildFacts): Statement {
  const { dockerfile, source, bases, invocation, started, finished, builderPlatform } = facts
  const all = mode === 'max'
  const from = source && { uri: source.uri, digest: { sha1: source.commit } }
  return {
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: definitions,
        externalParameters: {
          configSource: { ...from, path: dockerfile.path },
          request: { frontend: 'dockerfile.v0', ...(all ? { args: argumentsOf(facts) } : {}) },
        },
        internalParameters: { builderPlatform: formatPlatform(builderPlatform) },
        resolvedDependencies: [
          ...bases.map(({ name, manifest, platform }) => ({
            uri: packageUrl(name, platform),
            digest: { sha256: hexOf(manifest) },
          })),
          ...(from === undefined ? [] : [from]),
        ],
      },
      runDetails: {
        builder: { id: builderId },
        metadata: {
          invocationId: invocation,
          startedOn: started.toISOString(),
          finishedOn: finished.toISOString(),
          buildkit_completeness: { request: all, resolvedDependencies: false },
          buildkit_reproducible: false,
          ...(all ? { buildkit_metadata: { source: { infos: [sourceInfo(dockerfile)] } } } : {}),
        },
      },
    },
  }
}

function argumentsOf({ target, buildArgs, labels }: BuildFacts): Record<string, string> {
  return Object.fromEntries([
    ...(target === undefined ? [] : [['target', target]]),
    ...[...buildArgs].map(([name, value]) => [`build-arg:${name}`, value]),
    ...Object.entries(labels).map(([name, value]) => [`label:${name}`, value]),
  ])
}

function sourceInfo({ path, text }: BuildFacts['dockerfile']) {
  return { filename: path, language: 'Dockerfile', data: Buffer.from(text).toString('base64') }
}
