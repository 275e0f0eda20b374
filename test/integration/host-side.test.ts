/** The person's own programs among the files of containers: `unshare`, `mount`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const run = ['run', '--network', 'none']

describe('unshare', () => {
  test('is root over the ids of containers, with every id mapped', async () => {
    const folder = user.makeFolder('shared', 0o777)
    await user.ok([
      ...run,
      '--rm',
      '-u',
      '1000',
      '-v',
      `${folder}:/s`,
      image,
      'sh',
      '-c',
      'mkdir /s/d; echo x >/s/d/f',
    ])
    const plain = await user.run(['rm', '-rf', join(folder, 'd')])
    if (user.uid !== 0) expect(plain.code).not.toBe(0)
    expect(await user.ok(['unshare', 'id', '-u'])).toBe('0')
    expect(await user.ok(['unshare', 'rm', '-rf', join(folder, 'd')])).toBe('')
    expect(existsSync(join(folder, 'd'))).toBe(false)
  })

  test('mounts stay inside; the code is the program’s; what is not there is 127', async () => {
    const folder = user.makeFolder('empty')
    const script = 'mount -t tmpfs none "$0" && touch "$0/x" && ls "$0" && exit 3'
    expect(await user.sampan(['unshare', 'sh', '-c', script, folder])).toMatchObject({
      code: 3,
      stdout: 'x\n',
    })
    expect(existsSync(join(folder, 'x'))).toBe(false)
    expect(await user.sampan(['unshare', 'nothing-of-this-name'])).toMatchObject({
      code: 127,
      stderr: expect.stringContaining('executable file not found'),
    })
  })

  test('without a program it is the shell of the person', async () => {
    const shell = user.file('shell', '#!/bin/sh\necho "I am $0 as $(id -u)"\n', 0o755)
    expect(await user.ok(['unshare'], { env: { SHELL: shell } })).toBe(`I am ${shell} as 0`)
  })
})

describe('mount', () => {
  test('a folder with the files of a running container, for any program of its owner', async () => {
    const id = await user.ok([...run, '-d', image, 'sh', '-c', 'echo hello >/file; exec sleep 1000'])
    const folder = await user.ok(['mount', id])
    expect(await user.ok(['unshare', 'cat', `${folder}/etc/passwd`])).toMatch(/^root:/)
    expect((await user.run(['cat', `${folder}/file`])).stdout).toBe('hello\n')
    expect(await user.ok(['container', 'mount'])).toBe(`${id.slice(0, 12)} ${folder}`)
    expect(JSON.parse(await user.ok(['mount', '--format', 'json']))).toEqual([{ id, mountpoint: folder }])
    expect(await user.ok(['unmount', id])).toBe(id)
    expect(await user.ok(['inspect', '-l', '-f', '{{.Id}}'])).toBe(id)
    await user.ok(['stop', '-t', '0', id])
    const { code, stderr } = await user.sampan(['mount', id])
    expect({ code, stderr }).toEqual({
      code: 125,
      stderr: expect.stringMatching(/not running.*\n.*sampan cp/s),
    })
    expect(await user.ok(['unmount', '-f', id])).toBe('')
    expect(await user.ok(['mount'])).toBe('')
  })
})
