import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseReference } from '../../../src/oci/reference.ts'
import { directories } from '../../../src/platform/host/directories.ts'
import { proxyFor } from '../../../src/platform/registry/proxy.ts'
import { Registry } from '../../../src/platform/registry/registry.ts'
import { BadRegistry } from '../../support/bad-registry.ts'
import { startProxy, type TestProxy } from '../../support/proxy.ts'

const both = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' }
const cases: [url: string, environment: Record<string, string>, proxy: string | undefined][] = [
  ['https://quay.io/', {}, undefined],
  ['https://quay.io/', both, 'secure:2'],
  ['http://quay.io/', both, 'plain:1'],
  ['https://quay.io/', { ...both, https_proxy: 'lower:3' }, 'lower:3'],
  ['https://quay.io/', { ...both, https_proxy: '' }, undefined],
  ['https://quay.io/', { ALL_PROXY: 'http://all:4' }, 'all:4'],
  ['http://localhost:5000/', both, undefined],
  ['http://127.0.0.1:5000/', both, undefined],
  ['http://[::1]:5000/', both, undefined],
  ['https://quay.io/', { ...both, NO_PROXY: '*' }, undefined],
  ['https://quay.io/', { ...both, NO_PROXY: 'a.b, quay.io' }, undefined],
  ['https://cdn.quay.io/', { ...both, NO_PROXY: '.quay.io' }, undefined],
  ['https://cdn.quay.io/', { ...both, NO_PROXY: 'quay.io' }, undefined],
  ['https://notquay.io/', { ...both, NO_PROXY: 'quay.io' }, 'secure:2'],
  ['https://quay.io/', { ...both, NO_PROXY: 'quay.io:5000' }, 'secure:2'],
  ['https://quay.io:5000/', { ...both, NO_PROXY: 'quay.io:5000' }, undefined],
  ['https://10.1.2.3/', { ...both, NO_PROXY: '10.0.0.0/8' }, undefined],
  ['https://11.1.2.3/', { ...both, NO_PROXY: '10.0.0.0/8' }, 'secure:2'],
]
test.each(cases)('%s with %j goes through %s', (url, environment, proxy) => {
  expect(proxyFor(new URL(url), environment, {})?.host).toBe(proxy)
})

test('the configuration counts where the environment says nothing', () => {
  const proxies = { httpsProxy: 'http://configured:5', noProxy: 'quay.io' }
  expect(proxyFor(new URL('https://ghcr.io/'), {}, proxies)?.host).toBe('configured:5')
  expect(proxyFor(new URL('https://quay.io/'), {}, proxies)).toBeUndefined()
  expect(proxyFor(new URL('https://ghcr.io/'), both, proxies)?.host).toBe('secure:2')
})

test('a proxy of another kind is refused, its password left out', () => {
  const socks = { HTTPS_PROXY: 'socks5://anna:secret@x:1080' }
  expect(() => proxyFor(new URL('https://quay.io/'), socks, {})).toThrow(
    /^the proxy socks5:\/\/x:1080 is not supported$/,
  )
})

describe('through a proxy', () => {
  let home: string
  let proxy: TestProxy
  let plain: BadRegistry
  let secure: BadRegistry

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'registry-proxy-'))
    const at = (name: string) => join(home, name)
    const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=x -days 2'.split(
      ' ',
    )
    const names = ['-addext', 'subjectAltName=DNS:secure.test', '-keyout', at('key'), '-out', at('cert')]
    execFileSync('openssl', [...words, ...names], { stdio: 'ignore' })
    plain = await BadRegistry.start()
    secure = await BadRegistry.start({
      key: readFileSync(at('key'), 'utf8'),
      cert: readFileSync(at('cert'), 'utf8'),
    })
    const config = join(home, '.config/sampan')
    mkdirSync(join(config, 'certs.d/secure.test'), { recursive: true })
    writeFileSync(join(config, 'certs.d/secure.test/ca.crt'), readFileSync(at('cert')))
    writeFileSync(join(config, 'config.json'), JSON.stringify({ insecureRegistries: ['plain.test'] }))
    proxy = await startProxy({ plain: plain.host, secure: secure.host })
  })
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]()
    await plain[Symbol.asyncDispose]()
    await secure[Symbol.asyncDispose]()
    rmSync(home, { recursive: true, force: true })
  })

  const client = (name: string, address: string) => {
    const environment = {
      HOME: home,
      SAMPAN_REGISTRY_TIMEOUT: '2',
      HTTP_PROXY: address,
      HTTPS_PROXY: address,
    }
    return new Registry(name, directories(environment, join(home, 'data')), environment)
  }

  test('plain HTTP asks for whole addresses', async () => {
    plain.image('team/app', '1', { layers: [Buffer.alloc(1024)] })
    using registry = client('plain.test', `http://anna:pw@${proxy.host}`)
    await registry.manifest(parseReference('plain.test/team/app:1'), '1')
    expect(proxy.seen).toContain('GET http://plain.test/v2/team/app/manifests/1 HTTP/1.1')
    expect(proxy.seen.join('\n')).toMatch(/proxy-authorization: Basic YW5uYTpwdw==/i)
  })

  test('HTTPS goes through a tunnel, and both ends are checked', async () => {
    const { manifest } = secure.image('team/app', '1', { layers: [Buffer.alloc(1024)] })
    using registry = client('secure.test', `http://${proxy.host}`)
    const reference = parseReference('secure.test/team/app:1')
    expect((await registry.manifest(reference, '1')).digest).toBe(manifest)
    expect(proxy.seen).toContain('CONNECT secure.test:443 HTTP/1.1')
    using other = client('other.test', `http://${proxy.host}`)
    await expect(other.manifest(parseReference('other.test/team/app:1'), '1')).rejects.toThrow(/not trusted/)
  })

  test('that is not there, the sentence names the proxy', async () => {
    for (const name of ['plain.test', 'secure.test']) {
      using registry = client(name, 'http://127.0.0.1:9')
      await expect(registry.manifest(parseReference(`${name}/team/app:1`), '1')).rejects.toThrow(
        /^the proxy 127.0.0.1:9 cannot be reached \(ECONNREFUSED\)$/,
      )
    }
  })
})
