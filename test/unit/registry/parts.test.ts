import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseChallenges } from '../../../src/platform/registry/challenge.ts'
import { credentialsFor } from '../../../src/platform/registry/credentials.ts'
import { isLocal } from '../../../src/platform/registry/endpoint.ts'
import { delayBefore } from '../../../src/platform/registry/retry.ts'

describe('challenges', () => {
  test.each([
    ['Basic realm="x"', [{ scheme: 'basic', parameters: { realm: 'x' } }]],
    [
      'Bearer realm="https://auth.io/token",service="registry.io",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: {
            realm: 'https://auth.io/token',
            service: 'registry.io',
            scope: 'repository:a/b:pull,push',
          },
        },
      ],
    ],
    [
      'bearer realm=plain , service = "a \\"b\\""',
      [{ scheme: 'bearer', parameters: { realm: 'plain', service: 'a "b"' } }],
    ],
    [
      'Negotiate, Basic realm="a, b", Bearer realm="r"',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'basic', parameters: { realm: 'a, b' } },
        { scheme: 'bearer', parameters: { realm: 'r' } },
      ],
    ],
    ['', []],
    ['"', []],
  ])('%s', (header, challenges) => {
    expect(parseChallenges(header)).toEqual(challenges)
  })
})

describe('waiting before the next attempt', () => {
  test.each([
    ['as long as asked', 1, '3', 3000],
    ['never longer than 30 s', 1, '86400', 30_000],
    ['until the date asked for', 1, 'Thu, 01 Jan 1970 00:00:10 GMT', 9000],
    ['not at all for a date that passed', 1, 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['a quarter of a second first', 1, undefined, 250],
    ['twice as long each time', 3, undefined, 1000],
    ['its own time where nothing sensible is asked', 2, 'soon', 500],
  ])('%s', (_, retry, header, milliseconds) => {
    expect(delayBefore(retry, header, 1000, 0.5)).toBe(milliseconds)
  })
})

test.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.0.0.1:5000', true],
  ['127.9.9.9', true],
  ['[::1]:5000', true],
  ['127.0.0.1.example.com', false],
  ['10.0.0.1', false],
  ['localhost.example.com:5000', false],
])('plain HTTP for %s: %s', (host, local) => {
  expect(isLocal(host)).toBe(local)
})

describe('passwords of docker login', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'credentials-'))
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))
  const auth = Buffer.from('anna:se:cret').toString('base64')
  const write = (text: string) => writeFileSync(join(home, 'config.json'), text)
  const find = (registry: string) => credentialsFor(registry, { DOCKER_CONFIG: home })
  const anna = { username: 'anna', password: 'se:cret' }

  test.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['docker.io', 'docker.io'],
    ['quay.io', 'https://quay.io/v2/'],
    ['localhost:5000', 'localhost:5000'],
  ])('for %s are found under %s', (registry, key) => {
    write(JSON.stringify({ auths: { [key]: { auth } } }))
    expect(find(registry)).toEqual(anna)
  })

  test('are not those of another port', () => {
    write(JSON.stringify({ auths: { 'localhost:5001': { auth } } }))
    expect(find('localhost:5000')).toBeUndefined()
  })

  test('are none without the file, and none where a credential helper keeps them', () => {
    expect(find('quay.io')).toBeUndefined()
    write('{"auths":{"quay.io":{}}}')
    expect(find('quay.io')).toBeUndefined()
  })

  test('in a damaged file are an error that names it', () => {
    write('{')
    expect(() => find('quay.io')).toThrow(/config\.json is damaged/)
  })
})
