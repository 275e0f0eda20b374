/** Debian's docker-registry on a free port of the loopback, with a storage folder of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, ok, start } from './process.ts'

export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Copies an image of an OCI layout into the registry: `push(layout, '12', 'debian:12')`. Returns its full name. */
  push(layout: string, tag: string, name: string): Promise<string>
  /** The registry's storage, to damage it. */
  readonly storage: string
  /** What the registry was asked so far: its access log. */
  readonly requests: string
  /** The certificate authority's file, with HTTPS. */
  readonly authority: string | undefined
}

export interface RegistryOptions {
  readonly https?: boolean
  /** Ask for this name and password. */
  readonly login?: { readonly user: string; readonly password: string }
  readonly port?: number
}

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'))
  const storage = join(folder, 'storage')
  mkdirSync(storage)
  const host = `127.0.0.1:${options.port ?? (await freePort())}`
  const tls = options.https === true ? await certificate(folder) : undefined
  if (options.login !== undefined) {
    const { user, password } = options.login
    const hash = await Bun.password.hash(password, { algorithm: 'bcrypt', cost: 4 })
    writeFileSync(join(folder, 'htpasswd'), `${user}:${hash}\n`)
  }
  writeFileSync(
    join(folder, 'config.yml'),
    JSON.stringify({
      version: 0.1,
      log: { accesslog: { disabled: false }, level: 'warn' },
      storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
      http: {
        addr: host,
        ...(tls === undefined ? {} : { tls: { certificate: tls.certificate, key: tls.key } }),
      },
      ...(options.login === undefined
        ? {}
        : { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
    }),
  )
  const server = start(['docker-registry', 'serve', join(folder, 'config.yml')])
  const scheme = tls === undefined ? 'http' : 'https'
  await eventually('the registry answers', 10_000, () =>
    ok(['curl', '--silent', '--output', '/dev/null', '--insecure', `${scheme}://${host}/v2/`]),
  )
  return {
    host,
    storage,
    authority: tls?.authority,
    get requests() {
      return server.soFar.stdout + server.soFar.stderr
    },
    async push(layout, tag, name) {
      const login =
        options.login === undefined ? [] : [`--dest-creds=${options.login.user}:${options.login.password}`]
      const target = `docker://${host}/${name}`
      // The policy of the machine may be absent or strict; this is a test's own image.
      const copy = [
        'skopeo',
        '--insecure-policy',
        'copy',
        '--all',
        '--quiet',
        '--dest-tls-verify=false',
        ...login,
      ]
      await ok([...copy, `oci:${layout}:${tag}`, target], { timeout: 120_000 })
      return `${host}/${name}`
    },
    async [Symbol.asyncDispose]() {
      server.signalGroup('SIGKILL')
      await server.exited()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A port nobody listens on right now. */
export function freePort(address = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, address, () => {
      const bound = probe.address()
      probe.close(() => (typeof bound === 'object' && bound !== null ? resolve(bound.port) : reject(bound)))
    })
  })
}

async function certificate(folder: string) {
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => ok(['openssl', ...args], { cwd: folder })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=test CA',
    '-days',
    '2',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  )
  await openssl('req', ...key, '-subj', '/CN=registry', '-keyout', 'server.key', '-out', 'server.csr')
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  const authority = [
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    'names',
  ]
  await openssl('x509', '-req', '-in', 'server.csr', ...authority, '-out', 'server.crt')
  return { authority: at('ca.crt'), certificate: at('server.crt'), key: at('server.key') }
}
