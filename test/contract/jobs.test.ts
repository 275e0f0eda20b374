/** The roles `inside` and `probe`: jobs in the user namespace. */
import { existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { helper, testUser } from '../support/user.ts'

const user = testUser()
const runtime = join(user.runtime, 'sampan')
const inside = (...words: string[]) => user.run([helper, 'inside', '--runtime', runtime, ...words])
const sh = (script: string) => inside('--', 'sh', '-c', script)

describe('inside', () => {
  test('a program runs as root of the namespace; its exit code and output are its own', async () => {
    expect(await sh('id -u; echo err >&2; exit 7')).toMatchObject({ code: 7, stdout: '0\n', stderr: 'err\n' })
  })

  test('files get other owners there', async () => {
    const folder = user.makeFolder('owners')
    await sh(`touch ${folder}/f && chown 33:33 ${folder}/f`)
    expect((await sh(`stat -c %u:%g ${folder}/f`)).stdout).toBe('33:33\n')
    await inside('--remove', folder)
  })

  test('the keeper it starts holds none of its descriptors', async () => {
    const file = user.makeFolder('held')
    const words = [helper, 'inside', '--runtime', user.makeFolder('runtime'), '--', 'true']
    const script = 'exec 9<"$1"; shift; "$@"; exec 9<&-; ls -l /proc/[0-9]*/fd 2>/dev/null'
    const { stdout } = await user.run(['sh', '-c', script, 'sh', file, ...words])
    expect(stdout).not.toContain(file)
  })

  test('--mounts: what it mounts is its own', async () => {
    const folder = user.makeFolder('mounts')
    const { code, stdout } = await inside(
      '--mounts',
      '--',
      'sh',
      '-c',
      `mount -t tmpfs none ${folder} && touch ${folder}/x && ls ${folder}`,
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'x\n' })
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    ['nonsense', 127],
    ['/etc/passwd', 126],
  ])('%s cannot be run: a failed line and exit code %d', async (program, code) => {
    const result = await inside('--', program)
    expect(result.code).toBe(code)
    expect(JSON.parse(result.stderr)).toMatchObject({ event: 'failed', on: program, exitCode: code })
  })

  test('--remove takes trees of mapped owners and closed folders, several at once, links not followed', async () => {
    const [a, b, kept] = ['a', 'b', 'kept'].map((name) => user.makeFolder(`remove-${name}`))
    await sh(`mkdir -p ${a}/x/y && touch ${a}/x/y/f && chown -R 7:7 ${a} && chmod 0 ${a}/x/y ${a}/x ${a}
      ln -s ${kept} ${b}/link; touch ${kept}/file`)
    expect(await inside('--remove', a ?? '', b ?? '', '/no/such/thing')).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(existsSync(a ?? '')).toBe(false)
    expect(existsSync(b ?? '')).toBe(false)
    expect(existsSync(join(kept ?? '', 'file'))).toBe(true)
  })

  test('--remove goes on after a failure and reports it', async () => {
    const good = user.makeFolder('good')
    const result = await inside('--remove', '/proc/1', good)
    expect(result.code).toBe(125)
    expect(JSON.parse(result.stderr)).toMatchObject({ event: 'failed', step: 'remove' })
    expect(existsSync(good)).toBe(false)
  })

  test('--walk adds up regular files, a hard link once, links not followed', async () => {
    const folder = user.makeFolder('walk')
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'sub/ten'), '0123456789')
    linkSync(join(folder, 'sub/ten'), join(folder, 'again'))
    symlinkSync('/usr', join(folder, 'usr'))
    const { stdout } = await inside('--walk', folder, '/no/such/thing')
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { path: folder, bytes: 10, entries: 4 },
      { path: '/no/such/thing', bytes: 0, entries: 0 },
    ])
  })

  test('options it does not know are refused', async () => {
    expect(JSON.parse((await inside('--nonsense')).stderr).message).toBe('inside: unknown option --nonsense')
    expect(JSON.parse((await user.run([helper, 'inside', '--', 'true'])).stderr).message).toBe(
      'inside: option --runtime is needed',
    )
  })
})

describe('probe', () => {
  test('says what works, and leaves nothing in the data folder', async () => {
    const data = user.makeFolder('probe')
    const { stdout } = await user.run([helper, 'probe', '--runtime', runtime, '--data', data])
    expect(JSON.parse(stdout)).toEqual({
      userNamespace: true,
      mapping: user.uid === 0 ? 'identity' : 'full',
      mappingError: '',
      overlay: { native: expect.any(Boolean), error: expect.any(String) },
      fuse: { usable: false, error: 'no fuse-overlayfs was given to try' },
      tun: { usable: true, error: '' },
    })
    expect(readdirSync(data)).toEqual([])
  })

  test('tries the fuse-overlayfs it is given', async () => {
    const data = user.makeFolder('probe-fuse')
    const words = [helper, 'probe', '--runtime', runtime, '--data', data, '--fuse-overlayfs']
    const good = await user.run([...words, '/usr/bin/fuse-overlayfs'])
    expect(JSON.parse(good.stdout).fuse).toEqual({ usable: true, error: '' })
    const bad = await user.run([...words, '/bin/sh', '--fuse-arg', '-c', '--fuse-arg', 'echo broken; exit 1'])
    expect(JSON.parse(bad.stdout).fuse).toEqual({ usable: false, error: expect.stringContaining('broken') })
    expect(readdirSync(data)).toEqual([])
  })
})

describe('flush', () => {
  test('writes the file system of a folder to the disk, and says nothing', async () => {
    expect(await user.run([helper, 'flush', user.home])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  test.each([
    [['/no/such/folder'], { step: 'open', on: '/no/such/folder' }],
    [[], { message: 'flush: one folder is needed' }],
  ])('%j is refused with a failed line', async (words, said) => {
    const { code, stderr } = await user.run([helper, 'flush', ...words])
    expect(code).toBe(125)
    expect(JSON.parse(stderr)).toMatchObject({ event: 'failed', ...said })
  })
})
