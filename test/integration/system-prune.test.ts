/** What takes room, and giving it back. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const list = (path: string) => (existsSync(join(user.root, path)) ? readdirSync(join(user.root, path)) : [])
const image = busybox(user)
const lines = async (...args: string[]) => (await user.ok(args)).split('\n').filter(Boolean)

beforeEach(async () => {
  const containers = await lines('ps', '-aq')
  if (containers.length > 0) await user.ok(['rm', '-f', '-v', ...containers])
  const others = (await lines('images', '--format', '{{.Repository}} {{.ID}}')).filter(
    (row) => !row.startsWith('busybox '),
  )
  for (const id of new Set(others.map((row) => row.split(' ')[1] as string))) await user.ok(['rmi', '-f', id])
})

const run = (name: string, script: string, ...options: string[]) =>
  user.ok(['run', '--name', name, '--network', 'none', ...options, image, 'sh', '-c', script])

/** A row of `system df` as numbers. */
async function row(type: string) {
  const format = '{{.Type}}|{{.Total}}|{{.Active}}|{{.RawSize}}|{{.RawReclaimable}}'
  const rows = await lines('system', 'df', '--format', format)
  const [, total, active, size, reclaimable] =
    rows.find((each) => each.startsWith(`${type}|`))?.split('|') ?? []
  return {
    total: Number(total),
    active: Number(active),
    size: Number(size),
    reclaimable: Number(reclaimable),
  }
}

describe('system df', () => {
  test('counts each layer once, and what would come back', async () => {
    const alone = await row('Images')
    expect(alone).toMatchObject({ total: 1, active: 0, reclaimable: alone.size })
    await run('one', 'head -c 300000 /dev/zero > /big')
    await user.ok(['commit', 'one', 'made:1'])
    const both = await row('Images')
    expect(both).toMatchObject({ total: 2, active: 1 })
    // The layer, unpacked and as a blob, and nothing of busybox a second time.
    expect(both.size - alone.size).toBeGreaterThan(600_000)
    expect(both.size - alone.size).toBeLessThan(620_000)
    expect(both.reclaimable).toBe(both.size - alone.size)
    expect(await row('Containers')).toEqual({ total: 1, active: 0, size: 300_000, reclaimable: 300_000 })
  })

  test('tells shared from unique bytes, links of volumes, and running containers', async () => {
    await run('one', 'head -c 300000 /dev/zero > /big; echo 12345 > /vol/f', '-v', 'mine:/vol')
    await user.ok(['commit', 'one', 'made:1'])
    await user.ok(['run', '-d', '--name', 'two', '--network', 'none', image, 'sleep', '100'])
    const object = JSON.parse(await user.ok(['system', 'df', '-v', '--format', 'json']))
    const made = object.Images.find(({ Repository }: { Repository: string }) => Repository === 'made')
    expect(made).toMatchObject({
      UniqueSize: '300kB',
      Containers: '0',
      SharedSize: expect.stringMatching(/^1\.9\d?MB$/),
    })
    expect(object.Volumes).toEqual([{ Name: 'mine', Links: '1', Size: '6B' }])
    expect(await row('Containers')).toMatchObject({ total: 2, active: 1 })
    const text = await user.ok(['system', 'df', '--verbose'])
    expect(text).toMatch(
      /^Images space usage:\n\nREPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS\n/,
    )
    expect(text).toMatch(
      /\n\nContainers space usage:\n\nCONTAINER ID +IMAGE +COMMAND +LOCAL VOLUMES +SIZE +CREATED +STATUS +NAMES\n/,
    )
    expect(text).toMatch(
      /\n\nLocal Volumes space usage:\n\nVOLUME NAME +LINKS +SIZE\nmine +1 +6B\n\nBuild cache usage: 0B/,
    )
  })
})

describe('system prune', () => {
  test('removes stopped containers and dangling images, and leaves the rest', async () => {
    await run('one', 'echo x > /x', '-v', '/vol')
    await user.ok(['commit', 'one'])
    await user.ok(['run', '-d', '--name', 'two', '--network', 'none', image, 'sleep', '100'])
    const rehearsal = await user.ok(['system', 'prune', '--dry-run'])
    expect(rehearsal).toMatch(
      /^Containers that would be deleted:\n[0-9a-f]{64}\n\nImages that would be deleted:\ndeleted: /,
    )
    expect(await lines('ps', '-aq')).toHaveLength(2)
    const said = await user.ok(['system', 'prune', '-f'])
    expect(said).toMatch(
      /^Deleted Containers:\n[0-9a-f]{64}\n\nDeleted Images:\ndeleted: sha256:[\s\S]*\n\nTotal reclaimed space: \d/,
    )
    expect(await user.ok(['ps', '-a', '--format', '{{.Names}}'])).toBe('two')
    expect(await user.ok(['images', '--format', '{{.Repository}}'])).toBe('busybox')
  })

  test('asks first, with what will go, and --filter chooses', async () => {
    await run('one', 'true', '--label', 'keep=1')
    await run('two', 'true')
    const { stdout } = await user.run([
      'sh',
      '-c',
      'echo n | "$0" system prune -a --volumes',
      user.executable,
    ])
    expect(stdout).toBe(
      [
        'WARNING! This will remove:',
        '  - all stopped containers',
        '  - all anonymous volumes not used by at least one container',
        '  - all images without at least one container associated to them',
        '  - all build cache',
        '',
        'Are you sure you want to continue? [y/N] ',
      ].join('\n'),
    )
    await user.ok(['system', 'prune', '-f', '--filter', 'label!=keep'])
    expect(await user.ok(['ps', '-a', '--format', '{{.Names}}'])).toBe('one')
    const { code, stderr } = await user.sampan(['system', 'prune', '-f', '--volumes', '--filter', 'until=1h'])
    expect({ code, stderr }).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(/"until" filter is not supported/),
    })
  })

  test('--external takes what killed commands left, --build their containers of steps', async () => {
    const left = join(user.root, 'oci/partial/load.tmp-999999999-0123abc')
    user.file('context/Dockerfile', `FROM ${image}\nRUN sleep 600\n`)
    const build = user.start(['build', '--no-cache', join(user.folder, 'context')])
    const steps = () => list('build/containers')
    await eventually('the step runs', 30_000, () => {
      expect(
        steps().map((name) => existsSync(join(user.root, 'build/containers', name, 'state.json'))),
      ).toEqual([true])
    })
    await user.ok(['system', 'prune', '-f', '--build'])
    expect(steps()).toHaveLength(1)
    build.signal('SIGKILL')
    await build.exited()
    user.file('data/oci/partial/load.tmp-999999999-0123abc/1', 'x')
    const words = ['system', 'prune', '--build', '--external']
    expect(await user.ok([...words, '--dry-run'])).toContain(left)
    expect(steps()).toHaveLength(1)
    await user.ok(['system', 'prune', '-f'])
    expect(existsSync(left)).toBe(true)
    await user.ok([...words, '-f'])
    expect({ steps: steps(), left: existsSync(left) }).toEqual({ steps: [], left: false })
  })

  test('beside runs it takes nothing that is needed', async () => {
    const runs = Array.from({ length: 6 }, () =>
      user.ok(['run', '--rm', '--network', 'none', '-v', '/vol', image, 'touch', '/vol/x']),
    )
    const prunes = Array.from({ length: 4 }, () => user.ok(['system', 'prune', '-f', '--volumes']))
    await Promise.all([...runs, ...prunes])
  })
})
