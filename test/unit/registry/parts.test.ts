import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { directories } from '../../../src/platform/host/directories.ts'
import { parseChallenges } from '../../../src/platform/registry/challenge.ts'
import { credentialsFor } from '../../../src/platform/registry/credentials.ts'
import { endpointOf, isLocal } from '../../../src/platform/registry/endpoint.ts'
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

describe('where a registry is asked', () => {
  const where = directories({ HOME: '/nowhere' }, undefined)
  const endpoint = (name: string, insecure: string[] = []) =>
    endpointOf(name, { insecure, mirrors: [], proxies: {} }, where, {})

  test.each([
    ['docker.io', [], 'https://registry-1.docker.io/', undefined, true],
    ['quay.io', [], 'https://quay.io/', undefined, true],
    ['10.0.0.1:5000', [], 'https://10.0.0.1:5000/', undefined, true],
    ['10.0.0.1:5000', ['10.0.0.1:5000'], 'http://10.0.0.1:5000/', 'https://10.0.0.1:5000/', false],
    ['localhost:5000', [], 'http://localhost:5000/', 'https://localhost:5000/', true],
    ['[::1]:5000', [], 'http://[::1]:5000/', 'https://[::1]:5000/', true],
  ])('%s with %j insecure', (name, insecure, base, otherwise, verify) => {
    const { tls, ...found } = endpoint(name, insecure)
    expect(found.base.href).toBe(base)
    expect(found.otherwise?.href).toBe(otherwise)
    expect(tls.verify).toBe(verify)
  })
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

  test('are none without the file', () => {
    expect(find('quay.io')).toBeUndefined()
  })

  test.each([
    ['{"credsStore":"test","auths":{"quay.io":{}}}', 'quay.io', { username: 'ben', password: 'for quay.io' }],
    ['{"credHelpers":{"quay.io":"test"}}', 'quay.io', { username: 'ben', password: 'for quay.io' }],
    ['{"credHelpers":{"quay.io":"test"}}', 'other.io', undefined],
    ['{"credsStore":"test"}', 'docker.io', { username: 'ben', password: 'for https://index.docker.io/v1/' }],
    [`{"credsStore":"test","auths":{"unknown.io":{"auth":"${auth}"}}}`, 'unknown.io', anna],
  ])('with %s for %s are asked of the helper', (config, registry, credentials) => {
    const helper =
      '#!/bin/sh\nread -r s || :\n[ "$s" != unknown.io ] || exit 1\nprintf \'{"Username":"ben","Secret":"for %s"}\' "$s"\n'
    writeFileSync(join(home, 'docker-credential-test'), helper, { mode: 0o755 })
    write(config)
    const environment = { DOCKER_CONFIG: home, PATH: `${home}:${process.env['PATH']}` }
    expect(credentialsFor(registry, environment)).toEqual(credentials)
  })

  test('with a helper that is not installed are an error that says so', () => {
    write('{"credsStore":"nowhere"}')
    expect(() => find('quay.io')).toThrow('the credential helper docker-credential-nowhere is not there')
  })

  test('in a damaged file are an error that names it', () => {
    write('{')
    expect(() => find('quay.io')).toThrow(/config\.json is damaged/)
  })
})
