/** Searching a registry with an index, and one with a catalog only. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { writeLayout } from '../support/oci-image.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser({ env: { SAMPAN_REGISTRY_TIMEOUT: '2' } })
let index: BadRegistry
let plain: Registry

beforeAll(async () => {
  index = await BadRegistry.start()
  plain = await startRegistry({ login: { user: 'anna', password: 'pw' } })
  const layout = user.makeFolder('layout')
  writeLayout(layout, '1', { layers: [Buffer.concat([file('x', 'x'), Buffer.alloc(1024)])] })
  for (const name of ['team/app:1', 'team/app:2', 'team/base:1', 'other/thing:1'])
    await plain.push(layout, '1', name)
  const result = (name: string, star_count: number, is_official: boolean, description: string) => ({
    name,
    star_count,
    is_official,
    is_automated: false,
    description,
  })
  const results = [
    result('team/nginx', 3, false, 'a\u001b[31m red\nword'),
    result('nginx', 900, true, `Official build, ${'very '.repeat(20)}long`),
  ]
  index.disturb(/\/v1\/search/, ({ path }, reply) => {
    const term = new URL(path, 'http://x').searchParams.get('q') ?? ''
    reply.send(200, {}, JSON.stringify({ results: results.filter(({ name }) => name.includes(term)) }))
  })
})
afterAll(async () => {
  await index[Symbol.asyncDispose]()
  await plain[Symbol.asyncDispose]()
})

test("an index is shown in docker's columns, most stars first", async () => {
  const lines = (await user.ok(['search', `${index.host}/nginx`])).split('\n')
  expect(lines[0]).toMatch(/^NAME +DESCRIPTION +STARS +OFFICIAL$/)
  expect(lines[1]).toMatch(/^\S+\/nginx +Official build, (very )+.*… +900 +\[OK\]$/)
  expect(lines[2]).toContain('a [31m red word')
  expect(lines).toHaveLength(3)
})

test('filters and formats choose', async () => {
  const names = (...more: string[]) =>
    user.ok(['search', '--format', '{{.Name}}', ...more, `${index.host}/nginx`])
  expect(await names('-f', 'is-official=true')).toBe(`${index.host}/nginx`)
  expect(await names('-f', 'is-official=false')).toBe(`${index.host}/team/nginx`)
  expect(await names('-f', 'stars=100')).toBe(`${index.host}/nginx`)
  const json = await user.ok([
    'search',
    '--no-trunc',
    '--format',
    'json',
    '-f',
    'stars=4',
    `${index.host}/nginx`,
  ])
  expect(JSON.parse(json)).toMatchObject({ StarCount: '900', IsOfficial: '[OK]' })
})

test('a catalog is searched by name', async () => {
  const login = ['--creds', 'anna:pw', '--format', '{{.Name}}']
  const names = (term: string, ...more: string[]) =>
    user.ok(['search', ...login, ...more, `${plain.host}/${term}`])
  expect((await names('')).split('\n')).toHaveLength(3)
  expect((await names('team')).split('\n').sort()).toEqual([
    `${plain.host}/team/app`,
    `${plain.host}/team/base`,
  ])
  expect((await names('', '--limit', '1')).split('\n')).toHaveLength(1)
  const refused = await user.sampan(['search', `${plain.host}/team`])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain(`sampan login ${plain.host}`)
})

test('a catalog is read page by page', async () => {
  await using paged = await BadRegistry.start()
  paged.disturb(/_catalog/, ({ path }, reply) => {
    const second = path.includes('last=b')
    const headers: Record<string, string> = second ? {} : { link: '</v2/_catalog?last=b&n=2>; rel="next"' }
    reply.send(200, headers, JSON.stringify({ repositories: second ? ['c'] : ['a', 'b'] }))
  })
  expect(await user.ok(['search', '--format', '{{.Name}}', `${paged.host}/`])).toBe(
    ['a', 'b', 'c'].map((name) => `${paged.host}/${name}`).join('\n'),
  )
})

test('the tags of a repository are listed', async () => {
  const words = ['search', '--list-tags', '--creds', 'anna:pw', `${plain.host}/team/app`]
  const [heading = '', ...lines] = (await user.ok(words)).split('\n')
  expect(heading).toMatch(/^NAME +TAG$/)
  expect(lines.map((line) => line.replace(/ +/, ' ')).sort()).toEqual([
    `${plain.host}/team/app 1`,
    `${plain.host}/team/app 2`,
  ])
})

test.each([
  [['search', '--limit', '500', 'x'], 'limit 500 is outside the range of [1, 100]'],
  [['search', '-f', 'colour=red', 'x'], "invalid filter 'colour'"],
  [['search', '-f', 'stars=many', 'x'], "invalid filter 'stars=many'"],
  [['search', '127.0.0.1:9/x'], 'cannot reach registry 127.0.0.1:9: connection refused'],
])('%j is refused with a sentence', async (words, sentence) => {
  const { code, stderr } = await user.sampan(words)
  expect(code).not.toBe(0)
  expect(stderr).toContain(sentence)
})
