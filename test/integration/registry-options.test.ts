/** Options of every command that talks to a registry: whom to trust, who one is. */
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let locked: Registry
let name: string
let certificates: string

beforeAll(async () => {
  locked = await startRegistry({ https: true, login: { user: 'anna', password: 'secret' } })
  name = `${locked.host}/team/app:1`
  certificates = user.makeFolder('certificates')
  copyFileSync(locked.authority ?? '', join(certificates, 'ca.crt'))
  await user.ok(['tag', image, name])
})
afterAll(async () => await locked[Symbol.asyncDispose]())

test('without them the registry is not trusted, and nobody is logged in', async () => {
  const { code, stderr } = await user.sampan(['pull', '--tls-verify', '--retry', '0', name])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/certificate/) })
  const still = await user.sampan(['pull', '--tls-verify=false', name])
  expect({ code: still.code, stderr: still.stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/unauthorized|authentication required|login/i),
  })
})

test('login --secret takes the password from a secret, --verbose says where it is kept', async () => {
  await user.ok(['secret', 'create', 'registry-password', '-'], { input: 'secret\n' })
  const file = join(user.folder, 'auth.json')
  const words = ['login', '-u', 'anna', '--secret', 'registry-password', '--verbose']
  const said = await user.ok([...words, '--authfile', file, '--cert-dir', certificates, locked.host])
  expect(said).toBe(`Used: ${file}\nLogin Succeeded`)
  expect(JSON.parse(readFileSync(file, 'utf8')).auths[locked.host].auth).toBe(
    Buffer.from('anna:secret').toString('base64'),
  )
  expect(existsSync(join(user.home, '.docker/config.json'))).toBe(false)
})

describe('--authfile and --cert-dir', () => {
  const access = () => ['--authfile', join(user.folder, 'auth.json'), '--cert-dir', certificates]

  test('push, search, pull', async () => {
    await user.ok(['push', '-q', ...access(), '--retry', '1', '--retry-delay', '100ms', name])
    const found = await user.ok([
      'search',
      ...access(),
      '--compatible',
      '--format',
      '{{.Name}}',
      `${locked.host}/app`,
    ])
    expect(found).toContain('team/app')
    await user.ok(['rmi', name])
    expect(await user.ok(['pull', '-q', ...access(), name])).toBe(name)
    expect(
      await user.ok([
        'search',
        '--tls-verify=false',
        ...access().slice(0, 2),
        '--format',
        '{{.Name}}',
        `${locked.host}/app`,
      ]),
    ).toContain('team/app')
  })

  test('a list for several platforms', async () => {
    await user.ok(['manifest', 'create', 'list:1', name])
    await user.ok(['manifest', 'push', '--all', ...access(), 'list:1', `docker://${locked.host}/team/list:1`])
    const list = JSON.parse(await user.ok(['manifest', 'inspect', ...access(), `${locked.host}/team/list:1`]))
    expect(list.manifests).toHaveLength(1)
  })
})

test.each([
  [['--authfile', '/no/such/file'], '--authfile /no/such/file: no such file or directory'],
  [['--cert-dir', '/no/such/folder'], '--cert-dir /no/such/folder: no such file or directory'],
  [['--creds', 'anna'], '--creds" flag: it must be NAME:PASSWORD'],
  [['--retry', '-1'], '--retry cannot be negative'],
  [['--retry-delay', 'soon'], 'time: invalid duration "soon"'],
])('%j is refused before anything is said or done', async (words, said) => {
  const { code, stdout, stderr } = await user.sampan(['pull', ...words, name])
  expect({ code, stdout, stderr }).toEqual({
    code: 125,
    stdout: '',
    stderr: expect.stringMatching(/^Error: /),
  })
  expect(stderr).toContain(said)
})

test.each(['file', 'word'])('run, create and build pull with them: %s', async (kind) => {
  const access = ['--cert-dir', certificates, '--retry', '1', '--retry-delay', '100ms']
  access.push(
    ...(kind === 'file' ? ['--authfile', join(user.folder, 'auth.json')] : ['--creds', 'anna:secret']),
  )
  const forget = async () => await user.sampan(['rmi', '-f', name])
  await forget()
  const program = [name, 'echo', 'hi']
  const run = ['run', '--rm', '--network', 'none']
  expect((await user.sampan([...run, '--tls-verify', '--retry', '0', ...program])).stderr).toMatch(
    /certificate/,
  )
  expect(await user.ok([...run, '-q', ...access, ...program])).toBe('hi')
  await forget()
  await user.ok(['create', '--name', `made-by-${kind}`, ...access, name])
  await user.ok(['rm', `made-by-${kind}`])
  await forget()
  const context = user.makeFolder(`context-${kind}`)
  user.file(`context-${kind}/Dockerfile`, `FROM ${name}\nLABEL kind=${kind}\n`)
  const built = `${locked.host}/built/${kind}`
  expect((await user.sampan(['build', '-q', context])).code).toBe(1)
  await user.ok(['build', '-q', '--push', ...access, '-t', built, context])
  expect(await user.ok(['search', ...access, '--list-tags', '--format', '{{.Tag}}', built])).toBe('latest')
  const cache = `${locked.host}/cache/${kind}`
  await user.ok(['build', '-q', ...access, '--cache-to', cache, '--cache-from', cache, context])
  expect(await user.ok(['search', ...access, '--list-tags', '--format', '{{.Tag}}', cache])).toBe('latest')
  await user.ok(['manifest', 'create', ...access, `list-${kind}:1`, name])
  await user.ok(['manifest', 'add', ...access, `list-${kind}:1`, built])
})

test('--platform of rmi and image inspect is that of the image, or it is left alone', async () => {
  const [os, arch] = (await user.ok(['image', 'inspect', '-f', '{{.Os}} {{.Architecture}}', image])).split(
    ' ',
  )
  const platform = `${os}/${arch}`
  expect(await user.ok(['image', 'inspect', '--platform', platform, '-f', '{{.Os}}', image])).toBe(String(os))
  await user.ok(['tag', image, 'to-go:1'])
  for (const words of [['image', 'inspect'], ['rmi']]) {
    const { code, stderr } = await user.sampan([...words, '--platform', 'linux/s390x', 'to-go:1'])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not for linux/s390x'),
    })
  }
  expect(await user.ok(['rmi', '--platform', platform, 'to-go:1'])).toBe('Untagged: to-go:1')
})
