/** Names and passwords: tried, kept, found again by every command, forgotten. */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { writeLayout } from '../support/oci-image.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '5', SAMPAN_CREDENTIAL_TIMEOUT: '2' } })
const config = join(user.home, '.docker/config.json')
const read = (path = config) => JSON.parse(readFileSync(path, 'utf8'))
const encoded = (text: string) => Buffer.from(text).toString('base64')

let locked: Registry
let image: string

beforeAll(async () => {
  locked = await startRegistry({ login: { user: 'anna', password: 'sec:ret' } })
  const layout = user.makeFolder('layout')
  writeLayout(layout, '1', { layers: [Buffer.concat([file('x', 'x'), Buffer.alloc(1024)])] })
  image = await locked.push(layout, '1', 'team/app:1')
})
afterAll(async () => await locked[Symbol.asyncDispose]())
beforeEach(() => {
  for (const path of ['.docker', '.config']) rmSync(join(user.home, path), { recursive: true, force: true })
})

const logIn = (...more: string[]) =>
  user.sampan(['login', '-u', 'anna', '--password-stdin', ...more, locked.host], { input: 'sec:ret\n' })

describe('a login', () => {
  test('with the right password is kept for the commands that come after', async () => {
    expect((await user.sampan(['pull', '-q', image])).code).toBe(1)
    const { code, stdout, stderr } = await logIn()
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Login Succeeded\n' })
    expect(stderr).toContain(`the password is kept unencrypted in ${config}`)
    expect(statSync(config).mode & 0o777).toBe(0o600)
    expect(read()).toEqual({ auths: { [locked.host]: { auth: encoded('anna:sec:ret') } } })
    expect(existsSync(`${config}.lock`)).toBe(false)
    expect(await user.ok(['pull', '-q', image])).toBe(image)
    expect(await user.ok(['login', '--get-login', locked.host])).toBe('anna')
    await user.ok(['rmi', image])
  })

  test('with the wrong one is not', async () => {
    const { code, stdout, stderr } = await user.sampan(['login', '-u', 'anna', '-p', 'wrong', locked.host])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('unauthorized: incorrect username or password')
    expect(stderr).toContain('WARNING! Using --password via the CLI is insecure. Use --password-stdin.')
    expect(existsSync(config)).toBe(false)
  })

  test('leaves all else in the file as it was', async () => {
    const other = {
      HttpHeaders: { 'X-A': 'b' },
      psFormat: 'x',
      auths: { 'other.example:5': { auth: 'eDp5' } },
    }
    user.file('home/.docker/config.json', JSON.stringify(other))
    await logIn()
    expect(read()).toEqual({
      ...other,
      auths: { ...other.auths, [locked.host]: { auth: encoded('anna:sec:ret') } },
    })
    await user.ok(['logout', locked.host])
    expect(read()).toEqual(other)
  })

  test('does not touch a file it cannot understand', async () => {
    user.file('home/.docker/config.json', '{"auths": {,}}')
    const { code, stderr } = await logIn()
    expect(code).toBe(1)
    expect(stderr).toContain(`${config} is damaged`)
    expect(readFileSync(config, 'utf8')).toBe('{"auths": {,}}')
  })

  test('by several at once keeps every one', async () => {
    const hosts = [locked.host, locked.host.replace('127.0.0.1', 'localhost')]
    await Promise.all(
      hosts.map((host) => user.ok(['login', '-u', 'anna', '--password-stdin', host], { input: 'sec:ret' })),
    )
    expect(Object.keys(read().auths).sort()).toEqual(hosts.sort())
  })

  test('on a terminal asks, and does not show the password', async () => {
    using screen = user.terminal(['login', locked.host])
    await screen.waitFor('Username: ')
    screen.type('anna\r')
    await screen.waitFor('Password: ')
    screen.type('wrong\u0015sec:rez\u007ft\r')
    await screen.waitFor('Login Succeeded')
    expect(await screen.exited()).toBe(0)
    expect(screen.screen).not.toMatch(/wrong|rez/)
    expect(read().auths[locked.host].auth).toBe(encoded('anna:sec:ret'))
  })

  test('that is interrupted keeps nothing', async () => {
    using screen = user.terminal(['login', '-u', 'anna', locked.host])
    await screen.waitFor('Password: ')
    screen.type('sec\u0003')
    expect(await screen.exited()).toBe(130)
    expect(existsSync(config)).toBe(false)
  })

  const mistakes: [words: string[], sentence: string][] = [
    [['login'], 'Cannot perform an interactive login from a non TTY device'],
    [['login', '--password-stdin'], 'Must provide --username with --password-stdin'],
    [['login', '-u', 'a', '-p', 'b', '--password-stdin'], 'mutually exclusive'],
    [
      ['login', '-u', 'a', '-p', 'b', 'https://anna:secret@example.com'],
      'must not have a name or password in it',
    ],
    [['login', '-u', 'a', '-p', 'b', 'word'], '"word" is no registry'],
    [['login', '-u', 'a', '-p', 'b', '127.0.0.1:9'], 'cannot reach registry 127.0.0.1:9: connection refused'],
    [['login', '--get-login', 'example.com'], 'not logged into example.com'],
  ]
  test.each(mistakes)('%j is refused with a sentence', async (words, sentence) => {
    const { code, stderr } = await user.sampan(words)
    expect(code).not.toBe(0)
    expect(stderr).toContain(sentence)
    expect(stderr).not.toContain('secret')
  })

  test('to a registry with tokens fetches one', async () => {
    await using registry = await BadRegistry.start()
    registry.disturb(/./, ({ path, headers }, reply) => {
      if (path.startsWith('/token')) {
        const right = headers['authorization'] === `Basic ${encoded('bob:pw')}`
        return right ? reply.send(200, {}, '{"token":"good"}') : reply.send(401)
      }
      if (headers['authorization'] === 'Bearer good') return reply.send(200)
      reply.send(401, { 'www-authenticate': `Bearer realm="http://${registry.host}/token",service="s"` })
    })
    const wrong = await user.sampan(['login', '-u', 'bob', '--password-stdin', registry.host], {
      input: 'no',
    })
    expect(wrong.stderr).toContain('unauthorized: incorrect username or password')
    await user.ok(['login', '-u', 'bob', '--password-stdin', registry.host], { input: 'pw' })
  })
})

describe('a logout', () => {
  test('forgets the login', async () => {
    await logIn()
    expect(await user.ok(['logout', locked.host])).toBe(`Removing login credentials for ${locked.host}`)
    expect((await user.sampan(['pull', image])).stderr).toContain('pull access denied')
    const again = await user.sampan(['logout', locked.host])
    expect(again).toMatchObject({ code: 0, stderr: `Not logged in to ${locked.host}\n` })
  })

  test('forgets all', async () => {
    const auths = { 'https://index.docker.io/v1/': { auth: 'eDp5' }, 'quay.io': { auth: 'eDp5' } }
    user.file('home/.docker/config.json', JSON.stringify({ auths }))
    await user.ok(['logout', '--all'])
    expect(read().auths).toEqual({})
  })

  test('of Docker Hub is that without a name', async () => {
    const auths = { 'https://index.docker.io/v1/': { auth: 'eDp5' }, 'quay.io': { auth: 'eDp5' } }
    user.file('home/.docker/config.json', JSON.stringify({ auths }))
    expect(await user.ok(['logout'])).toBe('Removing login credentials for https://index.docker.io/v1/')
    expect(Object.keys(read().auths)).toEqual(['quay.io'])
  })
})

describe("podman's file", () => {
  test('is written with --authfile, and read with it', async () => {
    const path = join(user.makeFolder('auth'), 'auth.json')
    await logIn('--authfile', path)
    expect(existsSync(config)).toBe(false)
    expect((await user.sampan(['pull', image])).code).toBe(1)
    await user.ok(['pull', '-q', '--authfile', path, image])
    await user.ok(['pull', '-q', image], { env: { REGISTRY_AUTH_FILE: path } })
    const login = ['skopeo', 'login', '--get-login', '--authfile', path, locked.host]
    expect((await user.run(login)).stdout).toBe('anna\n')
    await user.ok(['rmi', image])
  })

  test('is read where podman keeps it, the narrower entry first', async () => {
    const auths = {
      [locked.host]: { auth: encoded('no:body') },
      [`${locked.host}/team`]: { auth: encoded('anna:sec:ret') },
    }
    user.file('home/.config/containers/auth.json', JSON.stringify({ auths }), 0o600)
    await user.ok(['pull', '-q', image])
    await user.ok(['rmi', image])
  })
})

describe('a credential helper', () => {
  const script = `#!/bin/sh
    store=$HOME/kept
    case $1 in
      store) cat >$store ;;
      get) [ -e $store ] && cat $store || { echo "credentials not found in native keychain"; exit 1; } ;;
      erase) rm -f $store ;;
      list) echo '{}' ;;
    esac`
  const withHelper = (name: string, body: string) => {
    const folder = join(user.file(`bin/docker-credential-${name}`, body, 0o755), '..')
    return { PATH: `${folder}:/usr/bin:/bin` }
  }

  test('keeps the password instead of the file', async () => {
    user.file('home/.docker/config.json', '{"credsStore":"test"}')
    const env = withHelper('test', script)
    const words = ['login', '-u', 'anna', '--password-stdin', locked.host]
    const { code, stderr } = await user.sampan(words, { input: 'sec:ret', env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(read()).toEqual({ credsStore: 'test', auths: { [locked.host]: {} } })
    expect(read(join(user.home, 'kept'))).toEqual({
      ServerURL: locked.host,
      Username: 'anna',
      Secret: 'sec:ret',
    })
    await user.ok(['pull', '-q', image], { env })
    await user.ok(['rmi', image])
    await user.ok(['logout', locked.host], { env })
    expect(existsSync(join(user.home, 'kept'))).toBe(false)
    expect(read().auths).toEqual({})
  })

  test('that hangs is given up', async () => {
    user.file('home/.docker/config.json', JSON.stringify({ credHelpers: { [locked.host]: 'slow' } }))
    const env = withHelper('slow', '#!/bin/sh\nexec sleep 100')
    const { code, stderr, elapsed } = await user.sampan(['pull', image], { env })
    expect(code).toBe(1)
    expect(stderr).toContain('the credential helper docker-credential-slow did not answer within 2 s')
    expect(elapsed).toBeLessThan(10_000)
  })

  test('that is not there is named', async () => {
    user.file('home/.docker/config.json', '{"credsStore":"nowhere"}')
    const { code, stderr } = await user.sampan(['pull', image])
    expect(code).toBe(1)
    expect(stderr).toContain('the credential helper docker-credential-nowhere is not there')
  })

  test('may give an identity token, which is traded for one that pulls', async () => {
    await using registry = await BadRegistry.start()
    registry.image('team/app', '1', { layers: [Buffer.concat([file('x', 'x'), Buffer.alloc(1024)])] })
    registry.disturb(/./, ({ method, path, headers, body }, reply, proper) => {
      if (path.startsWith('/token')) {
        const form = new URLSearchParams(Buffer.from(body).toString())
        const right =
          method === 'POST' &&
          form.get('refresh_token') === 'idt' &&
          form.get('scope') === 'repository:team/app:pull'
        return right ? reply.send(200, {}, '{"access_token":"good"}') : reply.send(400)
      }
      if (headers['authorization'] === 'Bearer good') {
        return reply.send(proper.status, proper.headers, method === 'HEAD' ? '' : proper.body)
      }
      reply.send(401, { 'www-authenticate': `Bearer realm="http://${registry.host}/token",service="s"` })
    })
    user.file('home/.docker/config.json', '{"credsStore":"token"}')
    const env = withHelper('token', `#!/bin/sh\necho '{"Username":"<token>","Secret":"idt"}'`)
    await user.ok(['pull', '-q', `${registry.host}/team/app:1`], { env })
    await user.ok(['rmi', `${registry.host}/team/app:1`])
  })
})
