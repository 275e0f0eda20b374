/** What the host lacks: each time a sentence with a next step, the right exit code, and the next command works. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { differentHost } from '../support/host.ts'
import { busybox, busyboxArchive } from '../support/images.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const asPlainUser = user.uid !== 0

/** The keeper lingers with what it has, and warnings are said once: each story about the mapping begins without. */
const apart = (name: string) => ({
  XDG_RUNTIME_DIR: user.makeFolder(`run-${name}`, 0o700),
  SAMPAN_ROOT: join(user.folder, `data-${name}`),
})

describe.skipIf(!asRoot)('a host that lacks something (only root can arrange one)', () => {
  describe.skipIf(!asPlainUser)('the mapping', () => {
    test.each([
      [
        'no subordinate ids',
        { noSubordinateIds: true },
        /no range in \/etc\/subuid/,
        /usermod --add-subuids \d+-\d+/,
      ],
      [
        'no newuidmap',
        { programs: ['newuidmap', 'newgidmap'] },
        /newuidmap .*not installed/,
        /apt-get install uidmap/,
      ],
    ] as const)(
      '%s: containers run as one user, and one sentence says what is lost',
      async (name, lack, words, fix) => {
        await using host = await differentHost(user, lack)
        const env = apart(name.replaceAll(' ', '-'))
        await host.user.ok(['load', '-q', '-i', busyboxArchive], { env })
        const first = await host.user.sampan(['run', '--rm', '--network', 'none', image, 'id', '-u'], { env })
        expect(first).toMatchObject({ code: 0, stdout: '0\n' })
        expect(first.stderr).toMatch(words)
        expect(first.stderr).toMatch(fix)
        expect(first.stderr.trim().split('\n').length, first.stderr).toBe(2)

        // Programs that change owners or users carry on: there is nobody else to be.
        const owners = ['sh', '-c', 'touch /f && chown 5:5 /f && su app -c "echo as app"']
        const second = await host.user.sampan(['run', '--rm', '--network', 'none', image, ...owners], { env })
        expect(second).toMatchObject({ code: 0, stdout: 'as app\n', stderr: '' })
        expect(await user.leftovers()).toEqual([])
      },
    )

    test('user namespaces forbidden: the sysctl is named, exit 125', async () => {
      await using host = await differentHost(user, { noUserNamespaces: true })
      const { XDG_RUNTIME_DIR } = apart('forbidden')
      const env = { XDG_RUNTIME_DIR }
      const { code, stdout, stderr } = await host.user.sampan(
        ['run', '--rm', '--network', 'none', image, 'true'],
        { env },
      )
      expect({ code, stdout }).toEqual({ code: 125, stdout: '' })
      expect(stderr).toMatch(/^Error: .*user namespace/m)
      expect(stderr).toContain('max_user_namespaces')
      expect(await host.user.ok(['ps', '-aq'], { env })).toBe('')
      expect(await user.leftovers()).toEqual([])
    })
  })

  test('no /dev/fuse: nothing changes, unless fuse-overlayfs is asked for', async () => {
    await using host = await differentHost(user, { devices: ['/dev/fuse'] })
    expect(await host.user.ok(['run', '--rm', '--network', 'none', image, 'echo', 'fine'])).toBe('fine')
    const asked = await host.user.sampan([
      '--storage-driver',
      'fuse-overlayfs',
      'run',
      '--rm',
      '--network',
      'none',
      image,
      'true',
    ])
    expect(asked.code).toBe(125)
    expect(asked.stderr).toContain('/dev/fuse')
    expect(await user.leftovers()).toEqual([])
  })

  test('no /dev/net/tun: a private network is refused with the command that helps, others work', async () => {
    await using host = await differentHost(user, { devices: ['/dev/net/tun'] })
    for (const network of ['slirp', 'pasta']) {
      const { code, stderr, elapsed } = await host.user.sampan([
        'run',
        '--rm',
        '--network',
        network,
        image,
        'true',
      ])
      expect(code, network).toBe(125)
      expect(stderr).toContain('/dev/net/tun')
      expect(stderr).toMatch(/mknod|modprobe|chmod/)
      expect(elapsed).toBeLessThan(15_000)
    }
    expect(await host.user.ok(['run', '--rm', '--network', 'host', image, 'echo', 'fine'])).toBe('fine')
    expect(await host.user.ok(['run', '--rm', '--network', 'none', image, 'echo', 'fine'])).toBe('fine')
    expect(await user.leftovers()).toEqual([])
  })

  test('a read-only data folder: looking works, changing is refused in words', async () => {
    await user.ok(['run', '-d', '--name', 'before', '--network', 'none', image, 'true'])
    await using host = await differentHost(user, { dataReadOnly: true })
    expect(await host.user.ok(['ps', '-a', '--format', '{{.Names}}'])).toBe('before')
    expect(await host.user.ok(['images', '--format', '{{.Repository}}'])).toBe('busybox')
    for (const args of [
      ['run', '--rm', '--network', 'none', image, 'true'],
      ['start', 'before'],
      ['rm', 'before'],
    ]) {
      const { code, stderr } = await host.user.sampan(args)
      expect(code, args.join(' ')).toBeGreaterThan(0)
      expect(stderr).toMatch(/^Error: .*[Rr]ead-only/m)
      expect(stderr).not.toMatch(/\n\s+at /)
    }
    expect(await user.ok(['rm', 'before'])).toBe('before')
    expect(await user.leftovers()).toEqual([])
  })

  test('a full data folder: the error says so, nothing half-made stays, freeing space is enough', async () => {
    await using host = await differentHost(user, { dataBytes: 16_000_000 })
    const small = host.user
    await small.ok(['load', '-q', '-i', busyboxArchive])
    await small.ok(['create', '--name', 'old', '--network', 'none', image, 'true'])
    const filled = await small.run(['dd', 'if=/dev/zero', `of=${user.root}/ballast`, 'bs=4k'])
    expect(filled.stderr).toContain('No space left')

    const { code, stderr } = await small.sampan(['run', '--rm', '--network', 'none', image, 'true'])
    expect(code).toBe(125)
    expect(stderr).toMatch(/^Error: .*[Nn]o space left/m)
    expect(await small.ok(['ps', '-a', '--format', '{{.Names}}'])).toBe('old')
    // Deleting must work with no byte free.
    expect(await small.ok(['rm', 'old'])).toBe('old')

    await small.run(['rm', `${user.root}/ballast`])
    expect(await small.ok(['run', '--rm', '--network', 'none', image, 'echo', 'again'])).toBe('again')
    expect(await small.leftovers()).toEqual([])
  })
})

describe('a session without the usual folders', () => {
  test('no XDG_RUNTIME_DIR, as under su and cron', async () => {
    const env = { XDG_RUNTIME_DIR: undefined }
    expect(await user.ok(['run', '--rm', '--network', 'none', image, 'echo', 'fine'], { env })).toBe('fine')
    expect(await user.leftovers()).toEqual([])
  })

  test('a container of another runtime folder: what cannot reach it says how, the rest works', async () => {
    const env = { XDG_RUNTIME_DIR: user.makeFolder('elsewhere', 0o700) }
    await user.ok(['run', '-d', '--name', 'afar', '--network', 'none', image, 'sleep', '600'], { env })
    expect(await user.ok(['exec', 'afar', 'echo', 'here'])).toBe('here')
    for (const words of [
      ['cp', 'afar:/etc/passwd', '-'],
      ['attach', '--no-stdin', 'afar'],
      ['run', '--rm', '--network', 'container:afar', image, 'true'],
    ]) {
      const { code, stderr } = await user.sampan(words)
      expect(code, words[0]).toBeGreaterThan(0)
      expect(stderr).toContain('container afar was started with another runtime folder')
      expect(stderr).toContain(`XDG_RUNTIME_DIR=${env.XDG_RUNTIME_DIR}`)
    }
    expect(await user.ok(['ps', '-a', '--format', '{{.Names}}'])).toBe('afar')
    expect(await user.ok(['cp', 'afar:/etc/hostname', '-'], { env })).toContain('hostname')
    await user.ok(['restart', '-t', '0', 'afar'])
    expect(await user.ok(['cp', 'afar:/etc/hostname', '-'])).toContain('hostname')
    await user.ok(['rm', '-f', 'afar'])
  })

  test('a folder in /tmp that somebody else made is refused', async () => {
    const env = { XDG_RUNTIME_DIR: user.makeFolder('open', 0o777) }
    user.makeFolder('open/sampan', 0o777)
    const { code, stderr } = await user.sampan(['run', '--rm', '--network', 'none', image, 'true'], { env })
    // Ours, so it may be made private; writable by others it must not stay.
    if (code === 0)
      expect((await user.run(['stat', '-c', '%a', `${env.XDG_RUNTIME_DIR}/sampan`])).stdout).toBe('700\n')
    else expect(stderr).toMatch(/^Error: .*(writable|permission|mode)/m)
  })
})

describe('wrong words', () => {
  test.each([
    ['a missing command', [image, 'nope'], 127, 'exec: "nope": executable file not found in $PATH'],
    ['a missing path', [image, '/nope'], 127, 'exec: "/nope": stat /nope: no such file or directory'],
    ['a folder as command', [image, '/etc'], 126, 'exec: "/etc": is a directory'],
    ['a file that is no program', [image, '/etc/passwd'], 126, 'exec: "/etc/passwd": permission denied'],
    ['a bad user', ['--user', 'nobody-here', image, 'true'], 125, 'unable to find user nobody-here'],
    ['a bad group', ['--user', 'root:no-group', image, 'true'], 125, 'unable to find group no-group'],
    [
      'a missing image',
      ['--pull', 'never', 'nothing-here', 'true'],
      125,
      'No such image: nothing-here:latest',
    ],
    ['an unknown flag', ['--nope', image, 'true'], 125, 'unknown flag: --nope'],
  ])('%s', async (_, args, exitCode, words) => {
    const { code, stdout, stderr } = await user.sampan([
      'run',
      '--rm',
      '--name',
      'wrong',
      '--network',
      'none',
      ...args,
    ])
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
    expect(stderr).toContain(words)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(await user.ok(['ps', '-aq'])).toBe('')
    expect(await user.leftovers()).toEqual([])
  })
})
