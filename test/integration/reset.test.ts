/** Starting over: with everything running, with a full disk, with damaged records; and never more than what is ours. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { differentHost } from '../support/host.ts'
import { busyboxArchive } from '../support/images.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const at = (path: string) => join(user.root, path)
const run = (name: string, ...more: string[]) =>
  user.ok(['run', '-d', '--name', name, '--network', 'none', ...more, 'busybox', 'sleep', '1000'])

beforeEach(async () => {
  await user.ok(['load', '-q', '-i', busyboxArchive])
})

/** The store is gone, nothing runs, and a new one can begin at once. */
async function startsOver() {
  expect(existsSync(user.root)).toBe(false)
  expect(await user.leftovers()).toEqual([])
  await user.ok(['load', '-q', '-i', busyboxArchive])
  expect(await user.ok(['run', '--rm', '--network', 'none', 'busybox', 'echo', 'again'])).toBe('again')
}

describe('system reset', () => {
  test('removes containers that run, images and volumes', async () => {
    await run('one', '-v', 'data:/data')
    await run('two', '--restart', 'always')
    await user.ok(['exec', 'one', 'touch', '/data/file'])
    await user.ok(['exec', 'one', 'chown', '1000:1000', '/data/file'])
    expect(await user.ok(['system', 'reset', '--force'])).toBe('')
    await startsOver()
  })

  test('asks first, and --dry-run only tells', async () => {
    await run('one')
    const { code, stdout } = await user.run(['sh', '-c', 'echo no | "$0" system reset', user.executable])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^WARNING! This will remove:\n[\s\S]*\[y\/N\] $/),
    })
    const told = await user.ok(['system', 'reset', '--dry-run'])
    expect(told).toContain(`Would remove: ${at('containers')}\n`)
    expect(told).toMatch(/Total reclaimable space: \d/)
    expect(await user.ok(['ps', '--format', '{{.Names}}'])).toBe('one')
    await user.ok(['system', 'reset', '-f'])
  })

  test('with every record damaged and the container still running', async () => {
    await run('one')
    const [id = ''] = readdirSync(at('containers'))
    for (const file of [
      'images.json',
      'oci/index.json',
      'driver.json',
      `containers/${id}/container.json`,
      `containers/${id}/state.json`,
      `containers/${id}/sampan.json`,
    ]) {
      writeFileSync(at(file), '{"vers')
    }
    await user.ok(['system', 'reset', '-f'])
    await startsOver()
  })

  test('leaves alone what is not ours, and does nothing where there is nothing', async () => {
    user.file('data/letter.txt', 'dear')
    user.file('data/layers-of-cake/recipe', 'eggs')
    await user.ok(['system', 'reset', '-f'])
    expect(readdirSync(user.root).sort()).toEqual(['layers-of-cake', 'letter.txt'])
    await user.ok(['system', 'reset', '-f'])
    await user.run(['rm', '-r', user.root])
    await user.ok(['system', 'reset', '-f'])
    expect(existsSync(user.root)).toBe(false)
  })

  test.skipIf(!asRoot)('without a byte free', async () => {
    await user.ok(['system', 'reset', '-f'])
    await using host = await differentHost(user, { dataBytes: 16_000_000 })
    const small = host.user
    await small.ok(['load', '-q', '-i', busyboxArchive])
    await small.ok(['run', '-d', '--name', 'one', '--network', 'none', 'busybox', 'sleep', '1000'])
    const filled = await small.run(['dd', 'if=/dev/zero', `of=${user.root}/ballast`, 'bs=4k'])
    expect(filled.stderr).toContain('No space left')
    await small.ok(['system', 'reset', '-f'])
    expect((await small.run(['ls', user.root])).stdout).toBe('ballast\n')
    expect(await small.leftovers()).toEqual([])
  })
})
