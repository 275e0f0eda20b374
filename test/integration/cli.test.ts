/** How command lines are read and how errors, help and versions look, whatever the command does. */
import { readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox, busyboxArchive } from '../support/images.ts'
import { run } from '../support/process.ts'
import { asRoot, executable, testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

/** Runs the tool by another name. */
function called(name: string, args: readonly string[]) {
  const link = join(user.folder, name)
  try {
    symlinkSync(executable, link)
  } catch {
    // Made by an earlier test.
  }
  return user.run([link, ...args])
}

describe('versions', () => {
  test.each(['--version', '-v'])('%s is one line', async (flag) => {
    expect(await user.ok([flag])).toMatch(/^sampan version \d+\.\d+\.\d+, build \S+$/)
  })

  test('are told of client and server, for people and for scripts', async () => {
    const text = await user.ok(['version'])
    expect(text).toMatch(/^Client: sampan\n Version: {11}\S+\n/)
    expect(text).toContain('\n\nServer: sampan\n Engine:\n  Version: ')
    const [client, server, api] = (
      await user.ok(['version', '--format', '{{.Client.Version}} {{.Server.Version}} {{.Server.APIVersion}}'])
    ).split(' ')
    expect(server).toBe(client)
    expect(JSON.parse(await user.ok(['version', '-f', 'json']))).toMatchObject({
      Client: { Version: client, ApiVersion: api, Os: 'linux' },
      Server: { Version: client },
    })
  })
})

describe('what is wrong with a command line is said with what to do next', () => {
  test.each([
    [['ps', '--nope'], 125, "Error: unknown flag: --nope\nSee 'sampan ps --help'.\n"],
    [['ps', '-z'], 125, "Error: unknown shorthand flag: 'z' in -z\nSee 'sampan ps --help'.\n"],
    [['--nope', 'ps'], 125, "Error: unknown flag: --nope\nSee 'sampan --help'.\n"],
    [
      ['ps', '--last', 'x'],
      125,
      'Error: invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax\n',
    ],
    [['run', '--name'], 125, 'Error: flag needs an argument: --name\n'],
    [['ps', '--all=perhaps'], 125, 'Error: invalid argument "perhaps" for "-a, --all" flag: '],
    [['ps', 'x'], 1, "Error: 'sampan ps' accepts no arguments\n"],
    [['rm'], 1, 'Error: requires at least 1 argument\nname a container, or use --all'],
    [['pss'], 1, "Error: unknown command: sampan pss\nDid you mean 'sampan ps'?\nSee 'sampan --help'.\n"],
    [['image', 'sl'], 1, "Error: unknown command: sampan image sl\nDid you mean 'sampan image ls'?\n"],
    [['swarm', 'init'], 125, 'Error: the command swarm is not supported\n'],
    [
      ['-H', 'tcp://127.0.0.1:4200', 'ps'],
      125,
      'Error: --host tcp://127.0.0.1:4200 is not supported\nsampan has no daemon',
    ],
    [['--context', 'far', 'ps'], 125, 'Error: --context far is not supported\n'],
    [
      ['--storage-driver', 'aufs', 'ps'],
      125,
      'Error: unknown storage driver "aufs"\nChoose overlay, fuse-overlayfs or vfs\n',
    ],
    [
      ['ps', '--filter', 'status'],
      125,
      'Error: invalid argument "status" for "-f, --filter" flag: bad format of filter (expected name=value)\n',
    ],
    [['images', '--format', '{{.ID'], 1, 'Error: template parsing error: template: :1: unclosed action\n'],
  ])('%j', async (args, code, stderr) => {
    const result = await user.sampan(args)
    expect(result.stderr.slice(0, stderr.length)).toBe(stderr)
    expect(result.code).toBe(code)
    expect(result.stdout).toBe('')
  })

  test('a data folder that cannot be one is named', async () => {
    const file = user.file('not-a-folder', 'x')
    for (const command of ['images', 'ps']) {
      const { code, stderr } = await user.sampan(['--root', file, command])
      expect(stderr).toMatch(/^Error: .*not-a-folder/)
      expect(stderr).not.toContain('bug')
      expect(code).toBe(1)
    }
  })
})

describe('help', () => {
  test.each([[[]], [['--help']], [['help']]])(
    'of the program for %j lists commands and options',
    async (args) => {
      const text = await user.ok(args)
      expect(text).toMatch(/^Usage: {2}sampan \[OPTIONS\] COMMAND\n/)
      expect(text).toMatch(/\n {2}run +\S/)
      expect(text).toMatch(/--storage-driver DRIVER/)
      expect(text).not.toContain('__complete')
    },
  )

  test.each([[['run', '--help']], [['help', 'run']], [['--help', 'run']]])(
    'of a command for %j',
    async (args) => {
      const text = await user.ok(args)
      expect(text).toMatch(/^Usage: {2}sampan run \[OPTIONS\] IMAGE \[COMMAND\] \[ARG\.\.\.\]\n/)
      expect(text).toMatch(/-d, --detach +\S/)
      expect(text).toContain('sampan container run')
    },
  )

  test.each([[['image']], [['image', '--help']], [['help', 'image']]])('of a group for %j', async (args) => {
    const text = await user.ok(args)
    expect(text).toMatch(/^Usage: {2}sampan image COMMAND\n/)
    expect(text).toMatch(/\n {2}ls +List images\n/)
  })

  test('after the image of run belongs to the container', async () => {
    expect(await user.ok(['run', '--rm', '--network', 'none', image, 'echo', '--help'])).toBe('--help')
  })
})

describe('called by another name it speaks that dialect:', () => {
  test('docker has a JSON object a line, podman one array', async () => {
    const lines = await called('docker', ['images', '--format', 'json'])
    expect(JSON.parse(lines.stdout.trim().split('\n')[0] ?? '')).toMatchObject({ Repository: 'busybox' })
    const array = await called('podman', ['images', '--format', 'json'])
    expect(JSON.parse(array.stdout)).toMatchObject([{ Repository: 'busybox' }])
  })

  test('an unknown command is 1 for docker, 125 for podman, and both are called by their names', async () => {
    expect(await called('docker', ['frobnicate'])).toMatchObject({
      code: 1,
      stderr: "Error: unknown command: docker frobnicate\nSee 'docker --help'.\n",
    })
    expect(await called('podman', ['frobnicate'])).toMatchObject({ code: 125 })
  })
})

describe('output', () => {
  test('into a pipe that closes early is no error', async () => {
    const { code, stdout, stderr } = await user.run(['sh', '-c', `${executable} licenses | head -n 1`])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/\n$/)
  })

  test('is the same in a terminal and in a pipe', async () => {
    using terminal = user.terminal(['images'])
    expect(await terminal.exited()).toBe(0)
    expect(terminal.screen.replaceAll('\r\n', '\n')).toBe(`${await user.ok(['images'])}\n`)
  })

  test('of a long list is whole when it ends the process', async () => {
    const { stdout } = await user.sampan(['licenses'])
    expect((await user.sampan(['licenses'])).stdout.length).toBe(stdout.length)
    expect(stdout.length).toBeGreaterThan(100_000)
  })
})

test('--root and SAMPAN_ROOT say where the data are, the option before the variable', async () => {
  expect(await user.ok(['images', '-q'])).not.toBe('')
  const other = join(user.folder, 'other')
  expect(await user.ok(['images', '-q'], { env: { SAMPAN_ROOT: other } })).toBe('')
  expect(await user.ok(['--root', other, 'images', '-q'])).toBe('')
  expect(await user.ok(['--root', user.root, 'images', '-q'], { env: { SAMPAN_ROOT: other } })).not.toBe('')
})

test('without $USER, as in a cron job, the user has the same range of ids', async () => {
  const folder = join(user.root, 'layers')
  const unpacked = () =>
    readdirSync(folder)
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .map((name) => statSync(join(folder, name)).ino)
  const before = unpacked()
  const env = { USER: undefined, LOGNAME: undefined }
  await user.ok(['load', '-q', '-i', busyboxArchive], { env })
  expect(unpacked()).toEqual(before)
  const { code, stderr } = await user.sampan(['create', '--name', 'cron', image], { env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('a remote engine in DOCKER_HOST is not used, and that is said', async () => {
  const { code, stderr } = await user.sampan(['ps'], { env: { DOCKER_HOST: 'ssh://far' } })
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr:
      'WARNING: DOCKER_HOST=ssh://far is ignored: sampan has no daemon and works on this machine only\n',
  })
  expect((await user.sampan(['ps'], { env: { DOCKER_HOST: 'unix:///run/docker.sock' } })).stderr).toBe('')
})

test.runIf(asRoot)('under sudo it says whose containers these are', async () => {
  const env = { SUDO_USER: 'jo', SAMPAN_ROOT: join(user.folder, 'of-root'), XDG_RUNTIME_DIR: undefined }
  const { stderr } = await run([executable, 'images'], { env })
  expect(stderr).toMatch(/^WARNING: under sudo you see root's containers and images, not jo's/)
  expect((await run([executable, '--log-level', 'error', 'images'], { env })).stderr).toBe('')
})
