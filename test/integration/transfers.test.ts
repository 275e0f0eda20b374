/** How the packed executable speaks to registries: tokens, redirects, proxies, certificates, chunks, connections. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { BadRegistry, type Disturbance } from '../support/bad-registry.ts'
import { busyboxArchive } from '../support/images.ts'
import { ok } from '../support/process.ts'
import { startProxy } from '../support/proxy.ts'
import { archive, file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '5' } })
let registry: BadRegistry
let made = 0

beforeEach(async () => {
  await registry?.[Symbol.asyncDispose]()
  registry = await BadRegistry.start()
})
afterAll(async () => await registry?.[Symbol.asyncDispose]())

/** Layers nobody has seen before, which gzip cannot make smaller. */
const layers = (count: number, size = 1000) =>
  Array.from({ length: count }, (_, at) => {
    made += 1
    return archive(file(`file-${made}-${at}`, randomBytes(size).toString('latin1')))
  })
const nameAt = (host: string) => `${host}/team/app:1`
const serve = (count = 1, size = 1000) => {
  registry.image('team/app', '1', { layers: layers(count, size) })
  return nameAt(registry.host)
}
/** Answers as a registry with a token service of its own, `t1`, `t2`, …; counts what it gave out. */
function withTokens(isGood: (token: string, request: Parameters<Disturbance>[0]) => boolean) {
  const told = { tokens: 0, asked: [] as { query: string; authorization: string | undefined }[] }
  registry.disturb(/./, (request, reply, proper) => {
    const { path, headers } = request
    if (path.startsWith('/token')) {
      told.tokens += 1
      told.asked.push({ query: path, authorization: headers['authorization'] })
      return reply.send(200, {}, `{"token":"t${told.tokens}","expires_in":300}`)
    }
    const token = /^Bearer (.*)$/.exec(headers['authorization'] ?? '')?.[1]
    if (token !== undefined && isGood(token, request))
      return reply.send(proper.status, proper.headers, proper.body)
    return reply.send(401, challenge())
  })
  return told
}
const challenge = () => ({
  'www-authenticate': `Bearer realm="http://${registry.host}/token",service="here"`,
})

describe('tokens', () => {
  test('an anonymous pull asks for one, for this repository and pulling alone, and once', async () => {
    const name = serve(3)
    const told = withTokens((token) => token === 't1')
    expect(await user.ok(['pull', '-q', name])).toBe(name)
    expect(told.asked).toEqual([
      { query: '/token?service=here&scope=repository%3Ateam%2Fapp%3Apull', authorization: undefined },
    ])
  })

  test('one that expires in the middle of a layer is renewed, and the layer goes on', async () => {
    const name = serve(1, 200_000)
    let cut = false
    const told = withTokens((token, { path }) => token === (path.includes('/blobs/') && cut ? 't2' : 't1'))
    registry.disturb(/GET .*\/blobs\//, ({ headers }, reply, proper) => {
      const { authorization, range } = headers
      if (proper.body.length > 100_000 && !cut) {
        cut = true
        reply.raw(`HTTP/1.1 200 OK\r\ncontent-length: ${proper.body.length}\r\n\r\n`)
        reply.raw(proper.body.subarray(0, 70_000))
        setTimeout(() => reply.close(), 200)
      } else if (cut && authorization !== 'Bearer t2') reply.send(401, challenge())
      else {
        if (cut && proper.body.length > 100_000) expect(range).toMatch(/^bytes=[1-9]\d*-$/)
        reply.send(proper.status, proper.headers, proper.body)
      }
    })
    expect(await user.ok(['pull', '-q', name])).toBe(name)
    expect({ cut, tokens: told.tokens }).toEqual({ cut: true, tokens: 2 })
    expect(registry.asked(/GET .*\/blobs\//)).toBeGreaterThanOrEqual(4)
  })

  test('one that allows nothing ends in a sentence', async () => {
    const name = serve()
    withTokens(() => false)
    const { code, stderr } = await user.sampan(['pull', name])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/pull access denied/) })
    expect(registry.requests.length).toBeLessThan(12)
  })

  test('during an upload they are renewed, too, with the right to push', async () => {
    const name = serve()
    await user.ok(['pull', '-q', name])
    // Another registry: this one has the layer.
    await registry[Symbol.asyncDispose]()
    registry = await BadRegistry.start()
    const target = `${registry.host}/other/app:1`
    await user.ok(['tag', name, target])
    const told = withTokens((token, { method, path }) =>
      method === 'PUT' && path.includes('/uploads/') ? token !== 't1' : true,
    )
    expect(await user.ok(['push', '-q', target])).toBe(target)
    expect(told.tokens).toBeGreaterThan(1)
    expect(told.asked[0]?.query).toMatch(/other%2Fapp%3Apull%2Cpush/)
  })
})

test('a redirect to somebody else’s storage gets no password and no token', async () => {
  const name = serve(2)
  await using storage = await BadRegistry.start()
  const seen: (string | undefined)[] = []
  const bodies = new Map<string, Uint8Array>()
  storage.disturb(/./, ({ path, headers }, reply) => {
    seen.push(headers['authorization'], headers['cookie'])
    reply.send(200, {}, bodies.get(path) ?? '')
  })
  registry.disturb(/./, ({ path, headers }, reply, proper) => {
    if (headers['authorization'] === undefined)
      return reply.send(401, { 'www-authenticate': 'Basic realm="x"' })
    if (!path.includes('/blobs/')) return reply.send(proper.status, proper.headers, proper.body)
    bodies.set(path, proper.body)
    return reply.send(307, { location: `http://${storage.host}${path}` })
  })
  expect(await user.ok(['pull', '-q', '--creds', 'anna:secret', name])).toBe(name)
  expect(seen.length).toBeGreaterThanOrEqual(6)
  expect(seen.filter((header) => header !== undefined)).toEqual([])
})

describe('through a proxy of the environment', () => {
  test('plain HTTP to a registry that is named insecure, not past it, and not to this machine', async () => {
    registry.image('team/app', '1', { layers: layers(1) })
    await using proxy = await startProxy({ plain: registry.host, secure: registry.host })
    const name = 'registry.example:5000/team/app:1'
    const config = 'home/.config/sampan/config.json'
    const env = { HTTP_PROXY: `http://anna:pw@${proxy.host}`, HTTPS_PROXY: `http://${proxy.host}` }
    // Not insecure: it must be HTTPS, through a tunnel.
    expect((await user.sampan(['pull', '--retry', '0', name], { env })).code).toBe(1)
    expect(proxy.seen).toContain('CONNECT registry.example:5000 HTTP/1.1')
    user.file(config, JSON.stringify({ insecureRegistries: ['registry.example:5000'] }))
    expect(await user.ok(['pull', '-q', name], { env })).toBe(name)
    expect(proxy.seen).toContain('GET http://registry.example:5000/v2/team/app/manifests/1 HTTP/1.1')
    expect(proxy.seen.join('\n')).toMatch(/proxy-authorization: Basic YW5uYTpwdw==/i)
    const before = proxy.seen.length
    await user.ok(['rmi', name])
    const exempt = { ...env, NO_PROXY: 'other.test,.example' }
    expect((await user.sampan(['pull', '--retry', '0', name], { env: exempt })).code).toBe(1)
    expect(await user.ok(['pull', '-q', nameAt(registry.host)], { env })).toBe(nameAt(registry.host))
    expect(proxy.seen).toHaveLength(before)
    user.file(config, '{}')
  })

  test('HTTPS, checked at both ends', async () => {
    const { ca, server } = await certificates('DNS:secure.example')
    await using secure = await BadRegistry.start(server)
    secure.image('team/app', '1', { layers: layers(1) })
    await using proxy = await startProxy({ plain: registry.host, secure: secure.host })
    const env = { https_proxy: proxy.host }
    const name = 'secure.example/team/app:1'
    expect((await user.sampan(['pull', '--retry', '0', name], { env })).stderr).toMatch(/certificate/)
    user.file('home/.config/sampan/certs.d/secure.example/ca.crt', ca)
    expect(await user.ok(['pull', '-q', name], { env })).toBe(name)
    expect(proxy.seen).toContain('CONNECT secure.example:443 HTTP/1.1')
  })
})

test('a registry that wants a certificate gets the one of certs.d', async () => {
  const { ca, server, client } = await certificates('IP:127.0.0.1')
  await using strict = await BadRegistry.start({ ...server, ca })
  strict.image('team/app', '1', { layers: layers(1) })
  const folder = `home/.config/sampan/certs.d/${strict.host}`
  user.file(`${folder}/ca.crt`, ca)
  expect((await user.sampan(['pull', '--retry', '0', nameAt(strict.host)])).code).toBe(1)
  user.file(`${folder}/client.cert`, client.cert)
  user.file(`${folder}/client.key`, client.key, 0o600)
  expect(await user.ok(['pull', '-q', nameAt(strict.host)])).toBe(nameAt(strict.host))
})

/** An authority, a server's certificate for `names`, and a client's. */
async function certificates(names: string) {
  const folder = user.makeFolder(`certificates-${names.replace(/\W/g, '')}`)
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc'
  const signed = (name: string, more: string) =>
    `openssl req ${key} -subj /CN=${name} -keyout ${name}.key -out ${name}.csr
     openssl x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 ${more} -out ${name}.crt`
  await ok([
    'sh',
    '-ec',
    `cd ${folder}
     openssl req -x509 ${key} -subj /CN=authority -days 2 -keyout ca.key -out ca.crt
     echo subjectAltName=${names} > names
     ${signed('server', '-extfile names')}
     ${signed('client', '')}`,
  ])
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return {
    ca: read('ca.crt'),
    server: { cert: read('server.crt'), key: read('server.key') },
    client: { cert: read('client.crt'), key: read('client.key') },
  }
}

describe('an upload', () => {
  /** An image from one registry, under a name of another that has nothing of it. */
  async function outgoing(size: number): Promise<string> {
    const name = serve(1, size)
    await user.ok(['pull', '-q', name])
    await registry[Symbol.asyncDispose]()
    registry = await BadRegistry.start()
    const target = nameAt(registry.host)
    await user.ok(['tag', name, target])
    return target
  }
  const verbs = (verb: string) => registry.requests.filter((line) => line.startsWith(verb)).length

  test('comes in chunks where one request is too much, as large as the registry wants them', async () => {
    const target = await outgoing(20 << 20)
    const sizes: number[] = []
    registry.disturb(/^POST/, (_, reply, proper) =>
      reply.send(proper.status, { ...proper.headers, 'oci-chunk-min-length': String(17 << 20) }),
    )
    registry.disturb(/^PATCH/, ({ body }, reply, proper) => {
      sizes.push(body.length)
      reply.send(proper.status, proper.headers)
    })
    registry.disturb(/^PUT .*digest/, ({ body }, reply, proper) =>
      body.length > 1 << 20 ? reply.send(413) : reply.send(proper.status, proper.headers),
    )
    await user.ok(['push', '-q', target])
    expect(sizes).toEqual([17 << 20, expect.toSatisfy((last) => last < 17 << 20)])
    const root = ['--root', join(user.folder, 'second')]
    expect(await user.ok([...root, 'pull', '-q', target])).toBe(target)
    await user.ok([...root, 'system', 'reset', '-f'])
  })

  test('that breaks goes on from the byte the registry has', async () => {
    const target = await outgoing(300_000)
    registry.cutUpload(/^PUT .*blobs/, 100_000)
    registry.cutUpload(/^PATCH/, 50_000)
    await user.ok(['push', '-q', target])
    expect(verbs('PATCH')).toBe(2)
    const root = ['--root', join(user.folder, 'third')]
    expect(await user.ok([...root, 'pull', '-q', target])).toBe(target)
    await user.ok([...root, 'system', 'reset', '-f'])
  })

  test('is spared where a repository of the registry has the layer, also of an image that was loaded', async () => {
    // Loaded plain: the first push compresses, and gives the image a second manifest.
    await user.ok(['load', '-q', '-i', busyboxArchive])
    const [first, second] = [`${registry.host}/one:1`, `${registry.host}/two:1`]
    for (const name of [first, second]) await user.ok(['tag', 'busybox', name])
    await user.ok(['push', '-q', first])
    registry.disturb(/^HEAD .*two\/blobs/, (_, reply) => reply.send(404))
    registry.disturb(/^POST .*mount=/, (_, reply) => reply.send(201))
    const { stderr } = await user.sampan(['push', second])
    expect(stderr).toMatch(/^[0-9a-f]{12}: Mounted from one$/m)
    expect(registry.asked(/^POST .*two\/blobs\/uploads\/\?mount=sha256%3A\w+&from=one$/)).toBe(1)
  })
})

describe('connections and requests', () => {
  test('are kept: layers one after the other need no second one', async () => {
    const name = serve(4)
    await user.ok(['pull', '-q', '--jobs', '1', name])
    // One beside it asks what refers to the image.
    expect(registry.connections).toBeLessThanOrEqual(2)
    expect(registry.asked(/^GET .*\/blobs\//)).toBe(5)
  })

  test.each([1, 3])('--jobs %i: so many layers travel at a time', async (jobs) => {
    const name = serve(6)
    let [now, most] = [0, 0]
    const config = registry.requests.length
    registry.disturb(/^GET .*\/blobs\//, async (_, reply, proper) => {
      now += 1
      most = Math.max(most, now)
      // Until as many are there as may be, or nobody else comes.
      for (let waited = 0; now < jobs && waited < 40; waited += 1) await Bun.sleep(25)
      await Bun.sleep(50)
      now -= 1
      reply.send(proper.status, proper.headers, proper.body)
    })
    expect(config).toBe(0)
    await user.ok(['pull', '-q', '--jobs', String(jobs), name])
    expect(most).toBe(jobs)
  })

  test('a tag that means what it meant costs one HEAD', async () => {
    const name = serve()
    await user.ok(['pull', '-q', name])
    registry.requests.length = 0
    await user.ok(['pull', '-q', name])
    expect(registry.requests).toEqual(['HEAD /v2/team/app/manifests/1'])
  })

  test('tags that come in pages are all pulled by -a', async () => {
    const tags = ['a', 'b', 'c']
    for (const tag of tags) registry.image('team/app', tag, { layers: layers(1) })
    registry.disturb(/\/tags\/list/, ({ path }, reply) => {
      const at = tags.indexOf(/last=(\w)/.exec(path)?.[1] ?? '') + 1
      const next = `</v2/team/app/tags/list?n=1&last=${tags[at]}>; rel="next"`
      const body = JSON.stringify({ name: 'team/app', tags: [tags[at]] })
      reply.send(200, at < 2 ? { link: next } : {}, body)
    })
    const said = await user.ok(['pull', '-q', '-a', `${registry.host}/team/app`])
    expect(said.split('\n')).toEqual(tags.map((tag) => `${registry.host}/team/app:${tag}`))
  })

  test('what stumbles is asked again after the time it wants, in seconds or as a date', async () => {
    const name = serve()
    registry.disturb(/manifests\/1/, ({ nth }, reply, proper) => {
      if (nth === 0) return reply.send(429, { 'retry-after': '0' })
      if (nth === 1) return reply.send(503, { 'retry-after': new Date().toUTCString() })
      return reply.send(proper.status, proper.headers, proper.body)
    })
    expect(await user.ok(['pull', '-q', name])).toBe(name)
    expect(registry.asked(/manifests\/1$/)).toBe(3)
  })
})

test('docker.io, index.docker.io and registry.hub.docker.com are one, and short names are of it', async () => {
  registry.image('library/app', 'latest', { layers: layers(1) })
  user.file(
    'home/.config/sampan/config.json',
    JSON.stringify({ registryMirrors: [`http://${registry.host}`] }),
  )
  for (const name of [
    'app',
    'docker.io/app',
    'index.docker.io/library/app',
    'registry.hub.docker.com/app:latest',
  ]) {
    expect(await user.ok(['pull', '-q', name])).toBe('docker.io/library/app:latest')
  }
  expect(
    await user.ok(['images', '--format', '{{.Repository}}:{{.Tag}}', 'registry.hub.docker.com/app']),
  ).toBe('app:latest')
  user.file('home/.config/sampan/config.json', '{}')
})
