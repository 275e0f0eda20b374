/** The three ways to put layers together behave alike for what runs on them. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxArchive } from '../support/images.ts'
import { tarOf, writeDockerArchive } from '../support/oci-image.ts'
import { ok } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()

/** Two layers: the upper one deletes a file and replaces a folder of the lower. */
async function layeredImage(): Promise<string> {
  const tar = (name: string, script: string) => tarMadeBy(join(user.folder, name), script)
  const below = await tar(
    'below',
    'mkdir -p d/sub && echo low > d/kept && echo low > d/gone && echo low > d/sub/f && echo old > shared',
  )
  const above = await tar(
    'above',
    'mkdir -p d/sub && echo > d/.wh.gone && echo > d/sub/.wh..wh..opq && echo new > d/sub/g && echo new > shared',
  )
  const archive = user.file('layered.tar', '')
  const busybox = await baseLayer()
  await writeDockerArchive(archive, 'layered:latest', {
    layers: [busybox, below, above],
    config: { Cmd: ['sh'] },
  })
  return archive
}

async function tarMadeBy(folder: string, script: string): Promise<Uint8Array> {
  await ok(['sh', '-euc', `mkdir -p "$0" && cd "$0" && ${script}`, folder])
  return await tarOf(folder)
}

async function baseLayer(): Promise<Uint8Array> {
  const manifest = JSON.parse(await ok(['tar', '-xOf', busyboxArchive, 'manifest.json']))
  const folder = join(user.folder, 'base')
  await ok(['mkdir', '-p', folder])
  await ok(['tar', '-C', folder, '-xf', busyboxArchive, manifest[0].Layers[0]])
  return new Uint8Array(await Bun.file(join(folder, manifest[0].Layers[0])).arrayBuffer())
}

describe.each(['overlay', 'fuse-overlayfs', 'vfs'])('on %s', (driver) => {
  const driven = (...args: string[]) => [
    '--root',
    join(user.folder, driver),
    '--storage-driver',
    driver,
    ...args,
  ]
  const sh = (script: string, ...flags: string[]) =>
    user.ok(driven('run', '--rm', '--network', 'none', ...flags, 'layered', 'sh', '-c', script))

  beforeAll(async () => {
    await user.ok(driven('load', '-q', '-i', await layeredImage()))
  })
  // The oracle looks at the default store: these have their own.
  afterAll(async () => {
    expect(await user.ok(driven('ps', '-aq'))).toBe('')
  })

  test('the image is its layers, one over the other, deletions included', async () => {
    expect(await sh('cd /d && ls . sub && cat kept ../shared')).toBe('.:\nkept\nsub\n\nsub:\ng\nlow\nnew')
  })

  test('a container writes, deletes, replaces and renames without touching the image', async () => {
    const changes =
      'rm -r /d && mkdir /d && echo mine > /d/new && echo more >> /shared && mv /bin/vi /bin/ed2 && ls /d && cat /shared'
    expect(await sh(changes)).toBe('new\nnew\nmore')
    expect(await sh('ls /d; cat /shared; test -e /bin/vi && echo vi')).toBe('kept\nsub\nnew\nvi')
  })

  test('owners, modes, links and times are kept', async () => {
    const script = [
      'cd /tmp && touch f && chown 1000:29 f && chmod 4755 f && ln f g && ln -s f s && touch -d @86400 f',
      'stat -c "%u %g %a %h %Y" f && readlink s && stat -c "%a" /tmp',
    ].join(' && ')
    expect(await sh(script)).toBe('1000 29 4755 2 86400\nf\n1777')
  })

  test('what a stopped container wrote is there when it starts again', async () => {
    await user.ok(
      driven(
        'run',
        '--name',
        'kept',
        '--network',
        'none',
        'layered',
        'sh',
        '-c',
        'echo again >> /count; rm -f /d/kept; cat /count',
      ),
    )
    expect(await user.ok(driven('start', '-a', 'kept'))).toBe('again\nagain')
    await user.ok(driven('rm', 'kept'))
  })

  test('--read-only: the root is, the tmpfs is not', async () => {
    expect(await sh('touch /x 2>&1; touch /run/x && echo ok', '--read-only', '--tmpfs', '/run')).toMatch(
      /Read-only file system\nok$/,
    )
  })

  test('info says which driver, and inspect too', async () => {
    expect(await user.ok(driven('info', '--format', '{{.Driver}}'))).toBe(driver)
    await user.ok(driven('create', '--name', 'seen', 'layered'))
    expect(await user.ok(driven('inspect', '-f', '{{.Driver}}', 'seen'))).toBe(driver)
    await user.ok(driven('rm', 'seen'))
  })
})

test('a driver that does not exist is refused with the list of those that do', async () => {
  const { code, stderr } = await user.sampan(['--storage-driver', 'btrfs', 'info'])
  expect(code).toBeGreaterThan(0)
  expect(stderr).toMatch(/btrfs/)
  expect(stderr).toMatch(/overlay.*fuse-overlayfs.*vfs/)
})
