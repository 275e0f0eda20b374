// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
/** Dockerfiles that anybody wrote: read whole, or refused with a place in the file. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DockerfileError } from '../../../src/build/dockerfile/error.ts'
import { expandWord } from '../../../src/build/dockerfile/expand-word.ts'
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts'
import { SampanError } from '../../../src/errors.ts'

const keyword = fc.constantFrom(
  ...['FROM', 'RUN', 'COPY', 'ADD', 'ARG', 'ENV', 'LABEL', 'EXPOSE', 'VOLUME', 'USER', 'WORKDIR', 'CMD'],
  ...['ENTRYPOINT', 'SHELL', 'STOPSIGNAL', 'HEALTHCHECK', 'ONBUILD', 'MAINTAINER', 'from', '#', '# escape=`'],
)
const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(
    ...[
      '<<EOF',
      '<<-"A"',
      '\\',
      '`',
      '"',
      "'",
      '${v:-w}',
      '$v',
      '[',
      '["a"]',
      'AS',
      'a=b',
      '--mount=type=ssh',
    ],
    ...['--from=x', '--link', 'CMD', 'NONE', '/', '.', '--', 'RUN', 'EOF'],
  ),
)
const line = fc
  .tuple(keyword, fc.array(word, { maxLength: 5 }), fc.constantFrom('\n', ' \\\n', '\r\n', '\nEOF\n', '\n\n'))
  .map(([name, words, end]) => `${name} ${words.join(' ')}${end}`)
const file = fc.array(line, { maxLength: 8 }).map((lines) => `FROM scratch\n${lines.join('')}`)

test('a Dockerfile is parsed or refused with a line and a column that it has', () => {
  fc.assert(
    fc.property(fc.oneof(file, fc.string()), (text) => {
      try {
        for (const { instructions } of parseDockerfile(text, 'Dockerfile').stages) {
          for (const { location } of instructions) {
            expect(location.line).toBeLessThanOrEqual(location.endLine)
            expect(location.endLine).toBeLessThanOrEqual(text.split('\n').length)
          }
        }
      } catch (error) {
        if (!(error instanceof DockerfileError)) throw error
        const { line, column, text: shown } = error.place
        expect(shown).toBe(text.replace(/^\uFEFF/, '').split(/\r?\n/)[line - 1] ?? '')
        expect(column).toBeGreaterThanOrEqual(1)
        expect(column).toBeLessThanOrEqual(shown.length + 1)
      }
    }),
    { numRuns: 1500 },
  )
})

test('a word without quotes, dollars and escapes stays as it is; any other is expanded or refused', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const expanded = expandWord(text, { escapeChar: '\\', lookup: (name) => `(${name})` })
        if (!/["'$\\]/.test(text)) expect(expanded).toBe(text)
      } catch (error) {
        if (!(error instanceof SampanError)) throw error
      }
    }),
    { numRuns: 1500 },
  )
})
