/** `image scp` over a real ssh: Debian's server on the loopback, as the user alone, with keys of its own. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { busybox } from '../support/images.ts'
import { nativeArchitecture } from '../support/oci-image.ts'
import { eventually, type Running, start } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { archive, file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const at = (name: string) => join(user.folder, name)
const env = { PATH: `${at('bin')}:${user.environment['PATH']}` }
const there = { SAMPAN_ROOT: at('there') }
let server: Running
let port = 0

beforeAll(async () => {
  port = await freePort()
  for (const name of ['host', 'client']) {
    await user.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(`${name}.key`)])
  }
  const path = `${at('far-bin')}:${user.environment['PATH']}`
  user.file(
    'sshd_config',
    [
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${at('host.key')}`,
      `AuthorizedKeysFile ${at('client.key.pub')}`,
      `PidFile ${at('sshd.pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      `SetEnv PATH=${path} SAMPAN_ROOT=${there.SAMPAN_ROOT} XDG_RUNTIME_DIR=${user.runtime} HOME=${user.home}`,
      '',
    ].join('\n'),
  )
  user.file(
    'ssh_config',
    [
      'Host far',
      'HostName 127.0.0.1',
      `Port ${port}`,
      `IdentityFile ${at('client.key')}`,
      'IdentitiesOnly yes',
      'BatchMode yes',
      'StrictHostKeyChecking accept-new',
      `UserKnownHostsFile ${at('known_hosts')}`,
      '',
    ].join('\n'),
  )
  // ssh reads the configuration of the account, wherever HOME is: this one is only to be found by being said.
  user.file('bin/ssh', `#!/bin/sh\nexec /usr/bin/ssh -F ${at('ssh_config')} "$@"\n`, 0o755)
  user.makeFolder('far-bin')
  await user.run(['ln', '-s', user.executable, at('far-bin/sampan')])
  // Only root's needs it.
  if (user.uid === 0) mkdirSync('/run/sshd', { recursive: true })
  server = start(user.argv(['/usr/sbin/sshd', '-D', '-e', '-f', at('sshd_config')]))
  await eventually('the server answers', 20_000, async () => {
    expect(await user.run(['ssh', 'far', 'true'], { env })).toMatchObject({ code: 0 })
  })
})
afterAll(async () => {
  server?.signal('SIGTERM')
  await server?.exited()
})

const id = (name: string, where = {}) => user.ok(['image', 'inspect', '-f', '{{.Id}}', name], { env: where })

test('an image goes to another machine and comes back', async () => {
  await user.ok(['tag', image, 'web:1'])
  expect(await user.ok(['image', 'scp', 'web:1', 'far::'], { env })).toBe('Loaded image: web:1')
  expect(await id('web:1', there)).toBe(await id('web:1'))
  await user.ok(['tag', 'web:1', 'back:1'], { env: there })
  const words = ['image', 'scp', '--format', 'oci-archive', `ssh://far:${port}::back:1`]
  expect(await user.ok(words, { env })).toBe('Loaded image: back:1')
  expect(await user.ok(['run', '--rm', '--network', 'none', 'back:1', 'echo', 'hi'])).toBe('hi')
})

test('a list for several platforms goes as a whole', async () => {
  await using registry = await BadRegistry.start()
  const foreign = nativeArchitecture === 'arm64' ? 'amd64' : 'arm64'
  const [one, two] = [nativeArchitecture, foreign].map((architecture) => ({
    architecture,
    ...registry.image('app', undefined, { layers: [archive(file(architecture, 'x'))], architecture }),
  }))
  if (one === undefined || two === undefined) throw new TypeError('two were made')
  registry.index('app', '1', [one, two])
  const name = `${registry.host}/app:1`
  await user.ok(['pull', '-q', '--all-platforms', name])
  expect(await user.ok(['image', 'scp', name, 'far::'], { env })).toBe(`Loaded image: ${name}`)
  const list = ['manifest', 'inspect', name]
  expect(await user.ok(list, { env: there })).toBe(await user.ok(list))
  // All of it is there: it can be pushed on.
  registry.requests.length = 0
  await user.ok(['push', '-q', name], { env: there })
  expect(registry.asked(new RegExp(`^PUT .*/manifests/(${one.manifest}|${two.manifest})$`))).toBe(2)
})

test.each([
  ['an image that is not there', ['far::nothing:1'], /No such image: nothing:1/],
  ['a host that nobody knows', ['web:1', 'nowhere.invalid::'], /resolve|not known|resolution/i],
  ['a port where nobody listens', ['web:1', 'ssh://far:1::'], /refused/],
])('%s: what ssh or the other end says is told', async (_, words, said) => {
  const { code, stdout, stderr } = await user.sampan(['image', 'scp', ...words], { env })
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(said) })
})
