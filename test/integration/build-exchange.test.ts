/** `--cache-to` and `--cache-from`: steps that were done by a build with another store, as on another machine. */
import { randomBytes } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const here = testUser()
const there = testUser()
busybox(here)
const image = busybox(there)
let registry: Registry
let context = ''

beforeAll(async () => {
  registry = await startRegistry()
  context = here.makeFolder('context')
  here.file('context/data', randomBytes(200_000).toString('hex'))
  here.file(
    'context/Dockerfile',
    `FROM ${image} AS made
RUN head -c 10 /dev/urandom | md5sum > /random && : > /else
FROM ${image}
RUN head -c 10 /dev/urandom | md5sum > /other
COPY data /data
COPY --from=made /random /random
`,
  )
}, 60_000)
afterAll(() => registry[Symbol.asyncDispose]())

let tags = 0
/** What the build printed, and the image's id. */
async function build(user: typeof here, ...words: string[]) {
  tags += 1
  const given = words.indexOf('-t')
  const tag = given < 0 ? `built:${tags}` : (words[given + 1] as string)
  const result = await user.sampan(['build', ...(given < 0 ? ['-t', tag] : []), ...words, context])
  expect([result.code, result.code === 0 ? '' : result.stderr]).toEqual([0, ''])
  return { text: result.stderr, id: await user.ok(['inspect', '--format', '{{.Id}}', tag]) }
}
const cachedSteps = (text: string) => text.match(/(RUN|COPY) .*\n#\d+ CACHED/g)?.length ?? 0
/** The other machine has the base image and nothing else. */
async function forget() {
  const ids = (await there.ok(['images', '--format', '{{.Repository}} {{.ID}}'])).split('\n')
  const built = ids.filter((line) => !line.startsWith('busybox ')).map((line) => line.split(' ')[1] as string)
  if (built.length > 0) await there.ok(['rmi', '-f', ...new Set(built)])
  await there.ok(['builder', 'prune', '-af'])
}

describe('a build cache travels', () => {
  test('by a folder: all stages with mode=max, else what the result is made of', async () => {
    const [all, few] = [join(here.folder, 'all'), join(here.folder, 'few')]
    const first = await build(
      here,
      '--cache-to',
      `type=local,dest=${all},mode=max`,
      '--cache-to',
      `type=local,dest=${few}`,
    )
    const second = await build(there, '--cache-from', `type=local,src=${all}`)
    expect(cachedSteps(second.text)).toBe(4)
    expect(second.id).toBe(first.id)
    await forget()
    const third = await build(there, '--cache-from', `type=local,src=${few}`)
    expect(third.text).toMatch(/RUN .* > \/other\n#\d+ CACHED/)
    expect(third.text).not.toMatch(/RUN .* > \/else\n#\d+ CACHED/)
    // Again into the same folder, which other tools can read.
    await build(here, '--cache-to', `type=local,dest=${all}`)
    expect((await here.run(['skopeo', 'inspect', '--raw', `oci:${all}`])).code).toBe(0)
  })

  test('by a registry, compressed, and leaves no image behind', async () => {
    const name = `${registry.host}/team/cache:1`
    const before = await here.ok(['images', '-aq'])
    const first = await build(here, '--cache-to', `type=registry,ref=${name},mode=max`)
    expect((await here.ok(['images', '-aq'])).split('\n').length).toBeLessThanOrEqual(
      before.split('\n').length + 1,
    )
    await forget()
    const second = await build(there, '--cache-from', name)
    expect(cachedSteps(second.text)).toBe(4)
    expect(second.id).toBe(first.id)
  })

  test('with the image itself', async () => {
    const name = `${registry.host}/team/app:1`
    const plain = await build(here)
    const first = await build(here, '--cache-to', 'type=inline', '--push', '-t', name)
    expect(first.id).toBe(plain.id)
    await forget()
    const second = await build(there, '--cache-from', name)
    expect(second.text).toMatch(/COPY data .*\n#\d+ CACHED/)
  })

  test('what cannot be read is said, and the build goes on', async () => {
    const broken = join(here.folder, 'broken')
    await build(here, '--cache-to', `type=local,dest=${broken},mode=max`)
    const blobs = join(broken, 'blobs/sha256')
    for (const blob of readdirSync(blobs)) {
      const path = join(blobs, blob)
      const json = (await here.run(['head', '-c', '1', path])).stdout === '{'
      if (!json) writeFileSync(path, 'damaged')
    }
    await forget()
    const damaged = await build(there, '--cache-from', `type=local,src=${broken}`)
    expect(damaged.text).toContain('a layer of --cache-from cannot be used')
    const missing = await build(
      there,
      '--cache-from',
      `${registry.host}/no/such`,
      '--cache-from',
      'type=local,src=/nowhere',
    )
    expect(missing.text).toMatch(/importing cache from .*no\/such/)
  })
})
