/** Host folders, volumes and tmpfs: who sees what, who owns it, and when it goes. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const output = (...args: string[]) => user.ok(['run', '--rm', '--network', 'none', ...args])
const volumes = () => (existsSync(join(user.root, 'volumes')) ? readdirSync(join(user.root, 'volumes')) : [])

describe('host folders', () => {
  test('both sides see what the other writes; the host owns what root in the container made', async () => {
    const folder = user.makeFolder('shared')
    user.file('shared/from-host', 'hello')
    expect(
      await output(
        '-v',
        `${folder}:/data`,
        image,
        'sh',
        '-c',
        'cat /data/from-host; echo back > /data/from-container',
      ),
    ).toBe('hello')
    expect(readFileSync(join(folder, 'from-container'), 'utf8')).toBe('back\n')
    expect(statSync(join(folder, 'from-container')).uid).toBe(user.uid)
  })

  test('a missing folder is made by -v and refused by --mount', async () => {
    const missing = join(user.folder, 'not/there/yet')
    await output('-v', `${missing}:/data`, image, 'true')
    expect(statSync(missing)).toMatchObject({ uid: user.uid })
    const { code, stderr } = await user.sampan([
      'run',
      '--rm',
      '--mount',
      `type=bind,source=${missing}-2,target=/data`,
      image,
      'true',
    ])
    expect([code, stderr]).toEqual([125, expect.stringContaining('bind source path does not exist')])
  })

  test('ro, a single file, and a relative path', async () => {
    const file = user.file('single', 'one file')
    expect(
      await output(
        '-v',
        `${file}:/etc/one:ro`,
        image,
        'sh',
        '-c',
        'cat /etc/one; echo x 2>&1 > /etc/one || echo refused',
      ),
    ).toMatch(/^one file.*refused$/s)
    const { stdout } = await user.sampan(
      ['run', '--rm', '--network', 'none', '-v', './single:/x', image, 'cat', '/x'],
      { cwd: user.folder },
    )
    expect(stdout).toBe('one file')
  })

  test('it hides what the image has there', async () =>
    expect(
      await output(
        '-v',
        `${user.makeFolder('empty')}:/etc/x`,
        '-v',
        `${user.makeFolder('empty')}:/home`,
        image,
        'ls',
        '/home',
      ),
    ).toBe(''))
})

describe('volumes', () => {
  test('a named one is filled from the image once, and stays', async () => {
    expect(
      await output(
        '-v',
        'config:/etc',
        image,
        'sh',
        '-c',
        'echo mine > /etc/mine; cat /etc/passwd | head -1',
      ),
    ).toMatch(/^root:/)
    expect(await output('-v', 'config:/etc', image, 'sh', '-c', 'cat /etc/mine; rm /etc/passwd')).toBe('mine')
    expect(await output('-v', 'config:/other', image, 'sh', '-c', 'ls /other')).not.toContain('passwd')
    expect(volumes()).toEqual(['config'])
  })

  test('owners and modes come along', async () => {
    expect(await output('-v', 'temp:/tmp', image, 'stat', '-c', '%a %u', '/tmp')).toBe('1777 0')
    expect(await output('-v', 'home:/home/app', '-u', 'app', image, 'stat', '-c', '%u', '/home/app')).toMatch(
      /^\d+$/,
    )
  })

  test('nocopy leaves it empty', async () =>
    expect(await output('-v', 'bare:/etc:nocopy', image, '/bin/ls', '/etc')).not.toContain('passwd'))

  test('an anonymous one goes with --rm and rm -v, and stays with rm', async () => {
    const before = volumes().length
    await output('-v', '/data', image, 'touch', '/data/x')
    expect(volumes().length).toBe(before)
    for (const [flags, left] of [
      [[], 1],
      [['-v'], 1],
    ] as const) {
      await user.ok([
        'run',
        '--name',
        'holder',
        '--network',
        'none',
        '-v',
        '/data',
        image,
        'touch',
        '/data/x',
      ])
      await user.ok(['rm', ...flags, 'holder'])
      expect(volumes().length).toBe(before + left)
    }
  })

  test('--volumes-from an exited container, twice, one of them read-only', async () => {
    await user.ok([
      'run',
      '--name',
      'dbdata',
      '--network',
      'none',
      '-v',
      '/dbdata',
      '-v',
      'config:/c',
      image,
      'sh',
      '-c',
      'echo data > /dbdata/x',
    ])
    expect(await output('--volumes-from', 'dbdata', image, 'cat', '/dbdata/x')).toBe('data')
    expect(
      await output(
        '--volumes-from',
        'dbdata:ro',
        image,
        'sh',
        '-c',
        'cat /dbdata/x; touch /dbdata/y 2>/dev/null || echo read-only; ls /c | head -1',
      ),
    ).toMatch(/^data\nread-only\n/)
    await user.ok(['create', '--name', 'heir', '--volumes-from', 'dbdata', image, 'true'])
    const before = volumes().length
    await user.ok(['rm', '-v', 'dbdata'])
    expect(volumes().length).toBe(before)
    await user.ok(['rm', 'heir'])
  })

  test('twenty containers that ask for one new volume at once have the same one', async () => {
    const all = Array.from({ length: 20 }, (_, n) =>
      output('-v', 'race:/r', image, 'sh', '-c', `echo ${n} >> /r/all`),
    )
    await Promise.all(all)
    expect((await output('-v', 'race:/r', image, 'wc', '-l', '/r/all')).trim()).toMatch(/^20 /)
  })
})

describe('--mount and --tmpfs', () => {
  test('a tmpfs has the size and mode asked for', async () => {
    expect(
      await output(
        '--mount',
        'type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=700',
        image,
        'sh',
        '-c',
        `stat -c %a /t; df -k /t | awk 'NR==2{print $2}'`,
      ),
    ).toBe('700\n1024')
    expect(
      await output(
        '--tmpfs',
        '/run:exec,size=64k',
        image,
        'sh',
        '-c',
        'cp /bin/busybox /run/x 2>/dev/null || echo full',
      ),
    ).toBe('full')
  })

  test('part of a volume', async () => {
    await output('-v', 'parts:/p', image, 'sh', '-c', 'mkdir -p /p/a/b; echo deep > /p/a/b/file')
    expect(
      await output('--mount', 'source=parts,target=/x,volume-subpath=a/b,readonly', image, 'cat', '/x/file'),
    ).toBe('deep')
  })

  test('a link in a volume never leads a part of it out to the host', async () => {
    const links = 'ln -s a/b /p/within; ln -s / /p/outside; ln -s ../../.. /p/up; ln -s /etc /p/a/etc'
    await output('-v', 'parts:/p', image, 'sh', '-c', links)
    const part = (path: string) => `source=parts,target=/x,volume-subpath=${path}`
    expect(await output('--mount', part('within'), image, 'ls', '/x')).toBe('file')
    for (const path of ['outside', 'outside/etc', 'up', 'a/etc']) {
      const tried = await user.sampan(['run', '--rm', '--mount', part(path), image, 'ls', '/x'])
      expect([tried.code, tried.stdout], path).toEqual([125, ''])
      expect(tried.stderr).toContain(`subpath ${path} on /x leads out of what is mounted by a link`)
    }
    const missing = await user.sampan(['run', '--rm', '--mount', part('nothing'), image, 'ls', '/x'])
    expect([missing.code, missing.stderr]).toEqual([
      125,
      expect.stringContaining('subpath nothing on /x: No such file'),
    ])
  })

  test('nested mounts, given in the wrong order', async () => {
    const folder = user.makeFolder('outer')
    expect(
      await output(
        '--tmpfs',
        '/data/inner',
        '-v',
        `${folder}:/data`,
        image,
        'sh',
        '-c',
        'touch /data/inner/x; ls /data',
      ),
    ).toBe('inner')
    expect(readdirSync(join(folder, 'inner'))).toEqual([])
  })

  test('two at one place are refused', async () => {
    const { code, stderr } = await user.sampan(['run', '--rm', '-v', 'a1:/x', '-v', 'a2:/x', image, 'true'])
    expect([code, stderr]).toEqual([125, expect.stringContaining('Duplicate mount point: /x')])
  })
})
