/** Manifests and image configurations that others wrote: read whole, or refused with a sentence. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SampanError } from '../../../src/errors.ts'
import { parseImageConfig } from '../../../src/oci/image-config.ts'
import { parseManifest } from '../../../src/oci/manifest.ts'
import { mediaType } from '../../../src/oci/media-types.ts'

const digest = fc.stringMatching(/^sha256:[0-9a-f]{64}$/)
const strings = fc.array(fc.string(), { maxLength: 4 })
const map = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 })
const descriptor = fc.record(
  { mediaType: fc.string(), digest, size: fc.maxSafeNat(), annotations: map },
  { requiredKeys: ['mediaType', 'digest', 'size'] },
)
const manifest = fc.record(
  {
    schemaVersion: fc.constant(2),
    mediaType: fc.constantFrom(mediaType.ociManifest, mediaType.dockerManifest),
    config: descriptor,
    layers: fc.array(descriptor, { maxLength: 5 }),
    annotations: map,
  },
  { requiredKeys: ['schemaVersion', 'mediaType', 'config', 'layers'] },
)
const config = fc.record(
  {
    architecture: fc.string(),
    os: fc.string(),
    created: fc.string(),
    config: fc.record(
      {
        User: fc.string(),
        Env: strings,
        Cmd: strings,
        Labels: map,
        ExposedPorts: fc.dictionary(fc.string(), fc.constant({}), { maxKeys: 3 }),
        StopTimeout: fc.maxSafeInteger(),
        Healthcheck: fc.record({ Test: strings, Interval: fc.maxSafeNat() }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
    rootfs: fc.record({ type: fc.constant('layers'), diff_ids: fc.array(digest, { maxLength: 5 }) }),
    history: fc.array(fc.record({ created_by: fc.string() }, { requiredKeys: [] }), { maxLength: 4 }),
  },
  { requiredKeys: ['architecture', 'os', 'rootfs'] },
)

/** What Go programs write for it: `null` for what is not there. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

test('a manifest is read as it was written', () => {
  fc.assert(
    fc.property(manifest, (document) => {
      const { schemaVersion: _, ...members } = document
      expect(plain(parseManifest(JSON.stringify(document), undefined, 'm'))).toEqual(
        plain({ kind: 'manifest', ...members }),
      )
    }),
  )
})

test('an image configuration is read as it was written', () => {
  fc.assert(
    fc.property(config, (document) => {
      const read = plain(parseImageConfig(JSON.stringify(document), 'c'))
      expect(read).toEqual(plain({ config: {}, history: [], ...document }))
    }),
  )
})

/** Puts another value at one place of a document. */
function spoiled(document: unknown, path: readonly number[], value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined || typeof document !== 'object' || document === null) return value
  const keys = Object.keys(document)
  const key = keys[step % Math.max(1, keys.length)]
  if (key === undefined) return value
  const copy = structuredClone(document) as Record<string, unknown>
  copy[key] = spoiled(copy[key], rest, value)
  return copy
}

test('anything else is refused with a sentence', () => {
  const path = fc.array(fc.nat(20), { maxLength: 4 })
  const document = fc.oneof(
    fc.tuple(manifest, path, fc.jsonValue()).map(([m, at, value]) => spoiled(m, at, value)),
    fc.tuple(config, path, fc.jsonValue()).map(([c, at, value]) => spoiled(c, at, value)),
    fc.jsonValue(),
  )
  const text = fc.oneof({ weight: 5, arbitrary: document.map((value) => JSON.stringify(value)) }, fc.string())
  fc.assert(
    fc.property(text, fc.option(fc.string(), { nil: undefined }), (json, type) => {
      for (const parse of [() => parseManifest(json, type, 'm'), () => parseImageConfig(json, 'c')]) {
        try {
          parse()
        } catch (error) {
          if (!(error instanceof SampanError)) throw error
          expect(error.message).toMatch(/^[mc]/)
        }
      }
    }),
    { numRuns: 1000 },
  )
})
