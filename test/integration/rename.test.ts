/** rename: who finds the container by which name, and who gets a name that several want. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const sleeper = (name: string, ...args: string[]) =>
  user.ok(['run', '-d', '--name', name, ...quiet, ...args, image, 'sleep', '600'])
const field = (name: string, template: string) => user.ok(['inspect', '-f', template, name])

describe('rename', () => {
  test('the new name is found, the old one is free, also while it runs', async () => {
    const id = await sleeper('old')
    expect(await user.ok(['rename', 'old', 'new'])).toBe('')
    expect(await field('new', '{{.Id}} {{.Name}}')).toBe(`${id} /new`)
    expect((await user.sampan(['inspect', 'old'])).code).toBe(1)
    await user.ok(['create', '--name', 'old', ...quiet, image, 'true'])
    expect(readdirSync(join(user.root, 'names'))).toEqual(expect.arrayContaining(['old', 'new']))
  })

  test('a name that is taken, its own name, and no name at all', async () => {
    const cases: [string, string][] = [
      ['old', 'The container name "/old" is already in use'],
      ['new', 'same name as its current name'],
      ['-bad', 'Invalid container name'],
    ]
    for (const [to, words] of cases) {
      const { code, stderr } = await user.sampan(['rename', '--', 'new', to])
      expect([to, code, stderr]).toEqual([to, 1, expect.stringContaining(words)])
    }
    expect(await field('new', '{{.Name}}')).toBe('/new')
  })

  test('of eight that want one name, one gets it', async () => {
    const names = Array.from({ length: 8 }, (_, at) => `racer-${at}`)
    for (const name of names) await user.ok(['create', '--name', name, ...quiet, image, 'true'])
    const results = await Promise.all(names.map((name) => user.sampan(['rename', name, 'prize'])))
    expect(results.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1, 1, 1, 1, 1])
    const left = (await user.ok(['ps', '-a', '--format', '{{.Names}}', '-f', 'name=^racer-'])).split('\n')
    expect(left).toHaveLength(7)
    expect(await field('prize', '{{.Name}}')).toBe('/prize')
  })
})
