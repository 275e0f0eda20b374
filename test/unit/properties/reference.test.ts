/** Names of images, over generated ones and over any text. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SampanError } from '../../../src/errors.ts'
import { isDigest } from '../../../src/oci/digest.ts'
import { familiarName, fullName, parseReference, type Reference } from '../../../src/oci/reference.ts'

const component = fc.stringMatching(/^[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,6}){0,2}$/)
const label = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,5}[a-zA-Z0-9])?$/)
const host = fc.oneof(
  fc.constantFrom('docker.io', 'localhost', '[::1]:5000', 'localhost:5000', '127.0.0.1:5000', 'Host', 'a.b'),
  fc
    .tuple(fc.array(label, { minLength: 2, maxLength: 4 }), fc.option(fc.integer({ min: 1, max: 65535 })))
    .map(([labels, port]) => `${labels.join('.')}${port === null ? '' : `:${port}`}`),
)
const hex64 = fc.stringMatching(/^[0-9a-f]{64}$/)
/** As typed: registry, path, tag, digest; anything may be missing but the path. */
const typed = fc
  .record({
    host: fc.option(host),
    // A first component that looks like a host, or like an id, is where short names become ambiguous.
    path: fc.array(fc.oneof(component, fc.constantFrom('localhost', 'a.b', 'library'), hex64), {
      minLength: 1,
      maxLength: 3,
    }),
    tag: fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/)),
    digest: fc.option(hex64),
  })
  .map(
    ({ host, path, tag, digest }) =>
      `${host === null ? '' : `${host}/`}${path.join('/')}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@sha256:${digest}`}`,
  )

function parsed(text: string): Reference | undefined {
  try {
    return parseReference(text)
  } catch (error) {
    // Nothing but the one sentence for what is no name.
    if (error instanceof SampanError && error.kind === 'usage') return undefined
    throw error
  }
}

test('whole and short name of an image mean that image', () => {
  fc.assert(
    fc.property(typed, (text) => {
      const reference = parsed(text)
      if (reference === undefined) return
      expect(parseReference(fullName(reference))).toEqual(reference)
      expect(parseReference(familiarName(reference))).toEqual(reference)
    }),
    { numRuns: 1000 },
  )
})

test('any other text is refused with a sentence, or is a name that means itself', () => {
  const pieces = fc.array(
    fc.oneof(
      component,
      fc.constantFrom('/', ':', '@', 'sha256:', '.', '-', '_', '[', ']', ' ', '\n', 'A', 'é'),
      hex64,
    ),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        pieces.map((all) => all.join('')),
      ),
      (text) => {
        const reference = parsed(text)
        if (reference === undefined) return
        expect(parseReference(fullName(reference))).toEqual(reference)
        expect(fullName(reference)).toMatch(/^[!-~]+$/)
        expect(reference.digest === undefined || isDigest(reference.digest)).toBe(true)
      },
    ),
    { numRuns: 1000 },
  )
})
