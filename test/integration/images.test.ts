/** How images are listed, tagged and inspected. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadRegistry, type MadeImage } from '../support/bad-registry.ts'
import { nativeArchitecture } from '../support/oci-image.ts'
import { file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()

let registry: BadRegistry
let old: MadeImage
let young: MadeImage
const tar = (name: string) => Buffer.concat([file(name, name.repeat(1000)), Buffer.alloc(1024)])
const short = (digest: string) => digest.slice(7, 19)
const images = (...words: string[]) => user.ok(['images', ...words])
const rows = async (...words: string[]) =>
  (await images('--format', '{{.Repository}}:{{.Tag}}', ...words)).split('\n').filter((row) => row !== '')

beforeAll(async () => {
  registry = await BadRegistry.start()
  old = registry.image('old', '1', { layers: [tar('a')], config: { Labels: { team: 'red', tier: 'web' } } })
  young = registry.image('young', '2', {
    layers: [tar('a'), tar('bb')],
    created: '2026-02-03T04:05:06Z',
    config: { Env: ['A=b'], ExposedPorts: { '80/tcp': {} }, Entrypoint: ['/bin/x'], StopSignal: 'SIGQUIT' },
  })
  await user.ok(['pull', '-q', `${registry.host}/old:1`])
  await user.ok(['pull', '-q', `${registry.host}/young:2`])
  await user.ok(['tag', `${registry.host}/old:1`, 'team/app'])
})
afterAll(async () => await registry[Symbol.asyncDispose]())

describe('the table', () => {
  test('is the classic one, newest image first', async () => {
    const lines = (await images()).split('\n')
    expect(lines[0]).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/)
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).filter((_, at) => at !== 3))).toEqual([
      [`${registry.host}/young`, '2', short(young.config), '3kB'],
      [`${registry.host}/old`, '1', short(old.config), '1kB'],
      ['team/app', 'latest', short(old.config), '1kB'],
    ])
  })

  test.each([
    ['--digests', /^REPOSITORY +TAG +DIGEST +IMAGE ID +CREATED +SIZE\n/],
    ['--noheading', /^127\.0\.0\.1/],
    ['--no-trunc', /sha256:[0-9a-f]{64}/],
    ['--tree', /^IMAGE +ID +DISK USAGE +CONTENT SIZE +EXTRA\n/],
  ])('with %s', async (option, shown) => {
    expect(await images(option)).toMatch(shown)
  })

  test('with -q has each id once, whole with --no-trunc', async () => {
    expect((await images('-q')).split('\n')).toEqual([short(young.config), short(old.config)])
    expect((await images('-q', '--no-trunc')).split('\n')).toEqual([young.config, old.config])
  })
})

describe('formats', () => {
  test('json is one object a line with the members of docker', async () => {
    const [first] = (await images('--format', 'json')).split('\n')
    expect(JSON.parse(String(first))).toEqual({
      Containers: 'N/A',
      CreatedAt: '2026-02-03 04:05:06 +0000 UTC',
      CreatedSince: expect.stringMatching(/ago$/),
      Digest: young.manifest,
      ID: short(young.config),
      Repository: `${registry.host}/young`,
      SharedSize: 'N/A',
      Size: '3kB',
      Tag: '2',
      UniqueSize: 'N/A',
      VirtualSize: '3kB',
    })
  })

  test("understands podman's names", async () => {
    expect(await images('--format', '{{.Id}} {{.Dangling}} {{json .RepoTags}}', 'team/app')).toBe(
      `${old.config.slice(7)} false ["${registry.host}/old:1","team/app:latest"]`,
    )
  })

  test('an unknown field is an error', async () => {
    const { code, stderr } = await user.sampan(['images', '--format', '{{.Nope}}'])
    expect(code).toBe(1)
    expect(stderr).toContain('.Nope')
  })
})

describe('filters', () => {
  const all = () => [`${registry.host}/young:2`, `${registry.host}/old:1`, 'team/app:latest']
  const cases: [filters: string[], shown: (all: string[]) => (string | undefined)[]][] = [
    [['label=team'], ([, ...rest]) => rest],
    [['label=team=blue'], () => []],
    [['label=team=red', 'label=tier=web'], ([, ...rest]) => rest],
    [['dangling=true'], () => []],
    [['dangling=false'], (every) => every],
    [['reference=team/*'], (every) => [every[2]]],
    [['reference=*'], () => []],
    [['reference=*/*:2'], (every) => [every[0]]],
    [['reference=team/app'], (every) => [every[2]]],
    [['before=YOUNG'], ([, ...rest]) => rest],
    [['since=team/app'], ([first]) => [first]],
    [['until=2026-01-15'], ([, ...rest]) => rest],
    [['until=1h', 'reference=*/young'], ([first]) => [first]],
  ]
  test.each(cases)('%j', async (filters, shown) => {
    const given = filters.flatMap((filter) => ['-f', filter.replace('YOUNG', `${registry.host}/young:2`)])
    expect(await rows(...given)).toEqual(shown(all()))
  })

  test('a subcommand is no name: who types `images ls` is told', async () => {
    const { code, stdout, stderr } = await user.sampan(['images', 'ls'])
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 2 })
    expect(stderr).toBe('No images found matching "ls": did you mean "sampan image ls"?\n')
  })

  test('a name is a filter too', async () => {
    expect(await rows('team/app')).toEqual(['team/app:latest'])
    expect(await rows('team/app:2')).toEqual([])
    expect(await rows(`${registry.host}/*`)).toEqual(all().slice(0, 2))
  })

  test.each([
    ['nope=1', /invalid filter 'nope'/],
    ['dangling=maybe', /invalid filter 'dangling=\[maybe\]'/],
    ['before=nothing', /No such image: nothing:latest/],
    ['until=tomorrowish', /failed to parse/],
    ['label', /bad format of filter/],
  ])('%s is refused', async (filter, words) => {
    const { code, stderr } = await user.sampan(['images', '-f', filter])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(words)
  })
})

test('--sort takes the keys there are', async () => {
  const { code, stderr } = await user.sampan(['images', '--sort', 'colour'])
  expect({ code, stderr }).toEqual({
    code: 125,
    stderr: expect.stringContaining(
      'invalid option for --sort: "colour"\ncreated, id, repository, size, tag',
    ),
  })
})

describe('a tag', () => {
  test('moves from image to image', async () => {
    await user.ok(['tag', `${registry.host}/young:2`, 'moving:1'])
    await user.ok(['tag', 'team/app', 'moving:1'])
    expect(await images('-q', 'moving')).toBe(short(old.config))
    await user.ok(['rmi', 'moving:1'])
  })

  test.each([
    [['nope', 'x'], /No such image: nope:latest/],
    [['team/app', 'Upper'], /repository name \(Upper\) must be lowercase/],
    [['team/app', `x@sha256:${'0'.repeat(64)}`], /refusing to create a tag with a digest reference/],
    [['team/app', 'x:'], /invalid reference format/],
  ])('%j is refused', async (words, message) => {
    const { code, stderr } = await user.sampan(['tag', ...words])
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  })
})

test("inspect shows docker's members", async () => {
  const [shown] = JSON.parse(await user.ok(['image', 'inspect', `${registry.host}/young:2`]))
  expect(shown).toMatchObject({
    Id: young.config,
    RepoTags: [`${registry.host}/young:2`],
    RepoDigests: [`${registry.host}/young@${young.manifest}`],
    Created: '2026-02-03T04:05:06Z',
    Architecture: nativeArchitecture,
    Os: 'linux',
    Size: 3000,
    RootFS: { Type: 'layers', Layers: young.diffIds },
    Config: {
      Env: ['A=b'],
      Cmd: ['sh'],
      Entrypoint: ['/bin/x'],
      ExposedPorts: { '80/tcp': {} },
      StopSignal: 'SIGQUIT',
      Volumes: null,
    },
    Descriptor: { digest: young.manifest },
  })
})
