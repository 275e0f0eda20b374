/** One file copied to a Debian that has nothing of ours but `uidmap`. */
import { describe, expect, test } from 'vitest'
import { differentHost } from '../support/host.ts'
import { bareDebian } from '../support/images.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()

describe.skipIf(!asRoot)('a Debian with uidmap only (only root can arrange one)', () => {
  test('runs the packed image, on every network and driver', async () => {
    await using host = await differentHost(user, { system: await bareDebian() })
    const absent = 'command -v slirp4netns pasta fuse-overlayfs runc crun podman busybox || echo none of them'
    expect((await host.user.run(['sh', '-c', absent])).stdout).toBe('none of them\n')

    for (const flags of [
      ['--network', 'none'],
      ['--network', 'host'],
      ['--network', 'slirp'],
      ['--network', 'pasta'],
    ]) {
      expect(
        await host.user.ok(['run', '--rm', ...flags, 'sampan/busybox', 'echo', 'fine']),
        flags.join(' '),
      ).toBe('fine')
    }
    const fuse = ['--storage-driver', 'fuse-overlayfs', 'run', '--rm', '--network', 'none', 'sampan/busybox']
    expect(await host.user.ok([...fuse, 'sh', '-c', 'rm /bin/vi && echo fine'])).toBe('fine')
    expect(await user.leftovers()).toEqual([])
  }, 500_000)

  test('the licences of everything packed are printed', async () => {
    const text = await user.ok(['licenses'])
    for (const name of ['busybox', 'slirp4netns', 'fuse-overlayfs', 'passt', 'libseccomp', 'musl', 'yargs']) {
      expect(text.toLowerCase()).toContain(name)
    }
  })
})
