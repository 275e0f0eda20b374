/** What config.json changes for commands other than those that talk to registries. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const config = (value: unknown) => user.file('home/.config/sampan/config.json', JSON.stringify(value))

beforeEach(() => {
  for (const path of ['.config', '.docker']) rmSync(join(user.home, path), { recursive: true, force: true })
})

test('defaultBindIp is where ports are published whose address is not said', async () => {
  config({ defaultBindIp: '127.0.0.1' })
  await user.ok(['create', '--name', 'bound', '-p', '80', '-p', '0.0.0.0:81:81', image, 'true'])
  const bindings = JSON.parse(await user.ok(['inspect', '-f', '{{json .HostConfig.PortBindings}}', 'bound']))
  expect(bindings['80/tcp'][0].HostIp).toBe('127.0.0.1')
  expect(bindings['81/tcp'][0].HostIp).toBe('0.0.0.0')
})

test('storageDriver is the one of new containers, and --storage-driver wins', async () => {
  config({ storageDriver: 'vfs' })
  expect(await user.ok(['info', '-f', '{{.Driver}}'])).toBe('vfs')
  await user.ok(['create', '--name', 'copied', '--network', 'none', image, 'true'])
  expect(await user.ok(['inspect', '-f', '{{.Driver}}', 'copied'])).toBe('vfs')
  expect(await user.ok(['--storage-driver', 'fuse-overlayfs', 'info', '-f', '{{.Driver}}'])).toBe(
    'fuse-overlayfs',
  )
})

test('psFormat, imagesFormat and networksFormat are the lists without --format, ours before docker’s', async () => {
  const docker = {
    psFormat: 'docker {{.Names}}',
    imagesFormat: 'docker {{.Tag}}',
    networksFormat: 'docker {{.Name}}',
  }
  user.file('home/.docker/config.json', JSON.stringify(docker))
  await user.ok(['create', '--name', 'listed', '--network', 'none', image, 'true'])
  expect(await user.ok(['ps', '-a', '-f', 'name=listed'])).toBe('docker listed')
  config({ psFormat: 'ours {{.Names}}' })
  expect(await user.ok(['ps', '-a', '-f', 'name=listed'])).toBe('ours listed')
  expect(await user.ok(['ps', '-a', '-f', 'name=listed', '--format', '{{.Names}}'])).toBe('listed')
  expect(await user.ok(['ps', '-aq', '-f', 'name=listed'])).toMatch(/^[0-9a-f]{12}$/)
  expect(await user.ok(['images'])).toMatch(/^docker /)
  expect(await user.ok(['network', 'ls'])).toMatch(/^docker bridge$/m)
})

test('detachKeys leave without stopping', async () => {
  config({ detachKeys: 'ctrl-x' })
  using screen = user.terminal(['run', '-it', '--name', 'left', '--network', 'none', image, 'sh'])
  await screen.waitFor('# ')
  screen.type('\u0018')
  expect(await screen.exited()).toBe(0)
  expect(await user.ok(['inspect', '-f', '{{.State.Status}}', 'left'])).toBe('running')
  await user.ok(['rm', '-f', 'left'])
})

test('a mistake in it is told by the commands that need it, and by no others', async () => {
  const path = config({ psFormat: 1 })
  const { code, stderr } = await user.sampan(['ps'])
  expect(code).toBe(1)
  expect(stderr).toContain(`${path}:1: psFormat: must be a string`)
  await user.ok(['version'])
})
