/** A disk without a byte free: pulls stop with a sentence and go on where they were; removals make room. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { differentHost } from '../support/host.ts'
import { busyboxArchive } from '../support/images.ts'
import { archive, file } from '../support/tar-bytes.ts'
import { asRoot, type TestUser, testUser } from '../support/user.ts'

const user = testUser()
let registry: BadRegistry
beforeAll(async () => {
  registry = await BadRegistry.start()
})
afterAll(async () => await registry[Symbol.asyncDispose]())

/** Not a byte is left afterwards. */
async function fill(small: TestUser): Promise<void> {
  const { stderr } = await small.run(['dd', 'if=/dev/zero', `of=${small.root}/ballast`, 'bs=4k'])
  expect(stderr).toContain('No space left')
  await small.run(['sh', '-c', `cat /dev/zero >> ${small.root}/ballast`])
}

describe.skipIf(!asRoot)('with no byte free (only root can make a small disk)', () => {
  test('a pull says so, keeps what came, and asks for the rest when there is room', async () => {
    await using host = await differentHost(user, { dataBytes: 16_000_000 })
    const small = host.user
    const size = 4_000_000
    const made = registry.image('team/app', '1', {
      layers: [archive(file('bulk', randomBytes(size).toString('latin1')))],
      compression: 'none',
    })
    const name = `${registry.host}/team/app:1`
    await small.run([
      'sh',
      '-c',
      `mkdir -p ${small.root} && head -c 13500000 /dev/zero > ${small.root}/ballast`,
    ])
    const { code, stderr } = await small.sampan(['pull', name])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^Error: .*[Nn]o space left/m),
    })
    expect(await small.ok(['images', '-aq'])).toBe('')
    const partial = join(small.root, 'oci/partial', String(made.layers[0]).slice(7))
    const kept = Number((await small.run(['stat', '-c', '%s', partial])).stdout)
    expect(kept).toBeGreaterThan(500_000)
    await small.run(['rm', `${small.root}/ballast`])
    const ranges: (string | undefined)[] = []
    registry.disturb(new RegExp(String(made.layers[0])), ({ headers }, reply, proper) => {
      ranges.push(headers['range'])
      reply.send(proper.status, proper.headers, proper.body)
    })
    expect(await small.ok(['pull', '-q', name])).toBe(name)
    expect(ranges).toEqual([`bytes=${kept}-`])
  })

  test.each([
    ['rmi', ['rmi', 'made:1'], /Deleted: sha256/],
    ['image prune', ['image', 'prune', '-af'], /deleted: sha256/],
    ['system prune', ['system', 'prune', '-af'], /deleted: sha256/],
    ['rmi, and images.json is damaged', ['rmi', 'made:1'], /Deleted: sha256/],
  ])('%s makes room', async (what, words, said) => {
    await using host = await differentHost(user, { dataBytes: 16_000_000 })
    const small = host.user
    await small.ok(['load', '-q', '-i', busyboxArchive])
    await small.ok(['run', '--name', 'maker', '--network', 'none', 'busybox', 'sh', '-c', 'echo hi > /made'])
    await small.ok(['commit', 'maker', 'made:1'])
    await small.ok(['rm', 'maker'])
    if (what.includes('damaged')) await small.run(['truncate', '-s', '5', `${small.root}/images.json`])
    await fill(small)
    expect(await small.ok(words)).toMatch(said)
    expect((await small.sampan(['image', 'exists', 'made:1'])).code).toBe(1)
    await small.run(['rm', `${small.root}/ballast`])
    expect(await small.ok(['system', 'check'])).toBe('No damage found')
  })
})
