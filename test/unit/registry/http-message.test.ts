import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AnswerReader, NotHttp } from '../../../src/platform/registry/http-message.ts'

/** What a reader tells of these bytes, given in these pieces. */
function told(method: string, pieces: readonly string[], closed = false) {
  const events: string[] = []
  let body = ''
  const reader = new AnswerReader({
    head: ({ status, headers }) => events.push(`${status} ${JSON.stringify(Object.fromEntries(headers))}`),
    data: (chunk) => {
      body += chunk.toString('latin1')
    },
    end: (reusable) => events.push(`${body} ${reusable ? 'reusable' : 'over'}`),
  })
  reader.expect(method)
  for (const piece of pieces) reader.write(Buffer.from(piece, 'latin1'))
  if (closed) events.push(reader.close() ? 'whole' : 'cut off')
  return events
}

const answers: [what: string, method: string, text: string, events: string[]][] = [
  [
    'a body of a known length',
    'GET',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    ['200 {"content-length":"5"}', 'hello reusable'],
  ],
  [
    'chunks, an extension and trailers',
    'GET',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=1\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n',
    ['200 {"transfer-encoding":"Chunked"}', 'hello reusable'],
  ],
  [
    'no body after HEAD, whatever length is said',
    'HEAD',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
    ['200 {"content-length":"5"}', ' reusable'],
  ],
  ['no body after 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', ['204 {}', ' reusable']],
  [
    'an interim answer before the real one',
    'PUT',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n',
    ['201 {"content-length":"0"}', ' reusable'],
  ],
  [
    'headers that come twice',
    'HEAD',
    'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nwww-authenticate: Bearer\r\n\r\n',
    ['401 {"www-authenticate":"Basic, Bearer"}', ' reusable'],
  ],
  [
    'a connection that closes after it',
    'GET',
    'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok',
    ['200 {"connection":"Close","content-length":"2"}', 'ok over'],
  ],
  [
    'HTTP/1.0, which keeps no connection',
    'GET',
    'HTTP/1.0 200\r\nContent-Length: 2\r\n\r\nok',
    ['200 {"content-length":"2"}', 'ok over'],
  ],
]

describe('an answer', () => {
  test.each(answers)('with %s', (_, method, text, events) => {
    expect(told(method, [text])).toEqual(events)
  })

  test('is the same however the network cuts it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...answers), fc.array(fc.nat(200)), ([, method, text, events], cuts) => {
        const ends = [...new Set(cuts.map((cut) => cut % text.length))].sort((a, b) => a - b)
        const pieces = [...ends, text.length].map((end, at) => text.slice(ends[at - 1] ?? 0, end))
        expect(told(method, pieces)).toEqual(events)
      }),
    )
  })

  test('without a length goes on to the end of the connection', () => {
    const text = 'HTTP/1.1 200 OK\r\n\r\nall of it'
    expect(told('GET', [text], true)).toEqual(['200 {}', 'all of it over', 'whole'])
  })

  test.each([
    ['head', 'HTTP/1.1 200 O'],
    ['body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n'],
  ])('that ends in its %s is cut off', (_, text) => {
    expect(told('GET', [text], true).at(-1)).toBe('cut off')
  })
})

describe('refused is', () => {
  const head = 'HTTP/1.1 200 OK\r\n'
  test.each([
    ['what is no HTTP', '\x15\x03\x01\x00\x02\x02'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['a header without a name', `${head}: x\r\n\r\n`],
    ['two lengths that differ', `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`],
    ['a negative length', `${head}Content-Length: -5\r\n\r\n`],
    ['another transfer coding', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['a chunk whose size is no number', `${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ['an endless head', `${head}${'X: y\r\n'.repeat(20_000)}`],
    ['an endless line', `${head}Transfer-Encoding: chunked\r\n\r\n${'0'.repeat(4000)}`],
    ['a second answer', `${head}Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`],
  ])('%s', (_, text) => {
    expect(() => told('GET', [text])).toThrow(NotHttp)
  })

  test('anything, without any other error', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        try {
          told('GET', pieces)
        } catch (error) {
          expect(error).toBeInstanceOf(NotHttp)
        }
      }),
    )
  })
})
