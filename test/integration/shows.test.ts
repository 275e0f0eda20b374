/** The stories a newcomer would try first, start to end, as one person. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busybox, makeDebian } from '../support/images.ts'
import { eventually, ok } from '../support/process.ts'
import { freePort, type Registry, startRegistry } from '../support/registry.ts'
import { startTmux } from '../support/tmux.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

test('the packed image greets without any registry', async () => {
  const stdout = await user.ok(['run', '--rm', 'sampan/busybox'])
  expect(stdout).toMatch(/hello/i)
  expect(await user.leftovers()).toEqual([])
})

describe.each(['overlay', 'fuse-overlayfs'])('nginx from a real registry, on %s', (driver) => {
  let registry: Registry
  let name: string
  let port: number
  const driven = (...args: string[]) => [
    '--storage-driver',
    driver,
    '--root',
    join(user.folder, driver),
    ...args,
  ]
  const store = (path: string) => join(user.folder, driver, path)

  beforeAll(async () => {
    registry = await startRegistry()
    name = await registry.push(await makeDebian(), '12', 'team/debian-nginx:12')
    port = await freePort()
  }, 400_000)
  afterAll(() => registry[Symbol.asyncDispose]())

  test('pull says what it does and keeps the image', async () => {
    const { code, stdout, stderr } = await user.sampan(driven('pull', name))
    expect(code, stderr).toBe(0)
    expect(stdout + stderr).toContain('Status: Downloaded newer image for')
    expect(await user.ok(driven('images'))).toMatch(
      /REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n.*debian-nginx +12 /,
    )
  })

  test('run -d -p publishes the port, and curl gets the page', async () => {
    const id = await user.ok(
      driven('run', '-d', '--name', 'web', '--network', 'slirp', '-p', `127.0.0.1:${port}:80`, name),
    )
    expect(id).toMatch(/^[0-9a-f]{64}$/)
    const page = await eventually('nginx answers', 10_000, () =>
      ok(['curl', '--silent', '--fail', `http://127.0.0.1:${port}/`]),
    )
    expect(page).toContain('Welcome to nginx')
    expect(await user.ok(driven('ps'))).toContain(`127.0.0.1:${port}->80/tcp`)
  })

  test('exec shows the process, logs show the request', async () => {
    expect(await user.ok(driven('exec', 'web', 'cat', '/proc/1/cmdline'))).toContain('nginx: master process')
    await eventually('the request is in the log', 5000, async () =>
      expect(await user.ok(driven('logs', 'web'))).toMatch(/"GET \/ HTTP\/1\.1" 200 .*curl/),
    )
  })

  test('stop, rm, rmi leave the store empty', async () => {
    expect(await user.ok(driven('stop', 'web'))).toBe('web')
    expect(await user.ok(driven('rm', 'web'))).toBe('web')
    expect(await user.ok(driven('rmi', name))).toMatch(/^Untagged: .*\n(.*\n)*Deleted: sha256:/)
    expect(await user.ok(driven('images', '-q'))).toBe('')
    for (const folder of ['oci/blobs/sha256', 'layers', 'l', 'containers', 'names']) {
      expect(existsSync(store(folder)) ? readdirSync(store(folder)) : [], folder).toEqual([])
    }
    expect(await user.leftovers()).toEqual([])
  })
})

test('a shell on a terminal: prompt, resize, leave, come back twice, exit code', async () => {
  await using tmux = startTmux(user)
  await tmux.open('run', [
    'run',
    '-it',
    '--name',
    'shell',
    '--network',
    'none',
    '-e',
    'PS1=ready> ',
    image,
    'sh',
  ])
  await tmux.waitFor('run', 'ready>')
  await tmux.press('run', 'stty size', 'Enter')
  await tmux.waitFor('run', '24 80')
  await tmux.resize('run', 30, 100)
  await tmux.press('run', 'stty size', 'Enter')
  await tmux.waitFor('run', '30 100')

  await tmux.press('run', 'C-p', 'C-q')
  await tmux.waitFor('run', 'exit code 0')
  expect(await user.ok(['ps', '--format', '{{.Names}} {{.State}}'])).toBe('shell running')

  await tmux.open('one', ['attach', 'shell'])
  await tmux.open('two', ['attach', 'shell'])
  // Attaching shows nothing by itself: a key asks the shell for its prompt, once both are there.
  await eventually('both see the prompt', 10_000, async () => {
    await tmux.press('one', 'Enter')
    await tmux.waitFor('one', 'ready>', 300)
    await tmux.waitFor('two', 'ready>', 300)
  })
  await tmux.press('one', 'echo seen by $((1 + 1))', 'Enter')
  await tmux.waitFor('two', 'seen by 2')
  await tmux.press('two', 'exit 5', 'Enter')
  await tmux.waitFor('one', 'exit code 5')
  await tmux.waitFor('two', 'exit code 5')
  expect(await user.ok(['inspect', '-f', '{{.State.ExitCode}}', 'shell'])).toBe('5')
  expect(await user.ok(['rm', 'shell'])).toBe('shell')
})

test('a killed monitor: ps -a tells the truth, start works again, rm cleans up', async () => {
  const id = await user.ok(['run', '-d', '--name', 'orphan', '--network', 'none', image, 'sleep', '600'])
  const state = () => JSON.parse(readFileSync(join(user.root, 'containers', id, 'state.json'), 'utf8'))
  const { monitorPid, pid } = state()
  process.kill(monitorPid, 'SIGKILL')
  await eventually('the program dies with its monitor', 5000, () =>
    expect(existsSync(`/proc/${pid}/root/.`)).toBe(false),
  )
  expect(await user.ok(['ps', '-q'])).toBe('')
  expect(await user.ok(['ps', '-a', '--format', '{{.Names}} {{.State}}'])).toBe('orphan exited')
  expect((await user.sampan(['exec', 'orphan', 'true'])).code).toBe(1)

  expect(await user.ok(['start', 'orphan'])).toBe('orphan')
  expect(await user.ok(['exec', 'orphan', 'echo', 'back'])).toBe('back')
  process.kill(state().monitorPid, 'SIGKILL')
  await eventually('the store knows', 5000, async () => expect(await user.ok(['ps', '-q'])).toBe(''))
  expect(await user.ok(['rm', 'orphan'])).toBe('orphan')
  expect(await user.leftovers()).toEqual([])
})
