/** The commands of docker buildx beside `build`: past builds, and images in registries. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let registry: Registry
let contexts = 0

beforeAll(async () => {
  registry = await startRegistry()
}, 60_000)
afterAll(() => registry[Symbol.asyncDispose]())

function contextOf(...lines: readonly string[]): string {
  contexts += 1
  const folder = user.makeFolder(`context-${contexts}`)
  user.file(`context-${contexts}/Dockerfile`, `${[`FROM ${image}`, ...lines].join('\n')}\n`)
  return folder
}

const buildx = (...words: string[]) => user.ok(['buildx', ...words])

test('there is one builder, and scripts that make or choose one go on', async () => {
  for (const words of [
    ['ls'],
    ['inspect', '--bootstrap'],
    ['create', '--use', '--name', 'mine'],
    ['use', 'mine'],
    ['version'],
    ['du'],
    ['prune', '-f', '--filter', 'until=24h'],
    ['stop'],
    ['rm', 'mine'],
  ]) {
    await buildx(...words)
  }
})

describe('buildx history', () => {
  test('has what was built, what failed and why, and what they said', async () => {
    expect(await buildx('history', 'ls', '--format', '{{.Ref}}')).toBe('')
    const good = contextOf('RUN echo words of the first')
    await user.ok(['build', '-t', 'good', '--build-arg', 'TOKEN=secret', good])
    await user.ok(['build', '-t', 'good', good])
    await user.sampan(['build', contextOf('RUN echo words of the second && exit 3')])
    const listed = await buildx('history', 'ls', '--format', '{{.Name}} {{.Status}}')
    expect(listed).toBe('context-2 Error\ncontext-1 Completed\ncontext-1 Completed')
    expect(await buildx('history', 'ls', '--filter', 'status=error', '--format', '{{.Name}}')).toBe(
      'context-2',
    )
    expect(await buildx('history', 'logs')).toContain('words of the second')
    expect(await buildx('history', 'logs', '^2')).toMatch(/^#\d+ [\d.]+ words of the first$/m)
    const shown = await buildx('history', 'inspect')
    expect(shown).toMatch(/^Error: +failed to solve: process .* exit code: 3$/m)
    const record = JSON.parse(await buildx('history', 'inspect', '--format', 'json', '^1'))
    expect(record).toMatchObject({ tags: ['good:latest'], steps: 2, cachedSteps: 2, context: good })
    expect(await buildx('history', 'inspect', '^2')).toMatch(/^Build argument: +TOKEN$/m)
  })

  test('forgets when asked, and keeps the last fifty', async () => {
    const [first = ''] = (await buildx('history', 'ls', '--format', '{{.Ref}}')).split('\n')
    expect(await buildx('history', 'rm', '--dry-run', first)).toBe(first)
    expect(await buildx('history', 'rm', first.slice(0, 14))).toBe(first)
    expect(await buildx('history', 'ls', '--format', '{{.Ref}}')).not.toContain(first)
    const gone = await user.sampan(['buildx', 'history', 'inspect', first])
    expect(gone.code).toBe(1)
    expect(gone.stderr).toContain('no record found')
    await user.run([
      'sh',
      '-c',
      `for n in $(seq 51); do echo FROM scratch | ${user.executable} build -q - > /dev/null; done`,
    ])
    expect((await buildx('history', 'ls', '--format', '{{.Ref}}')).split('\n')).toHaveLength(50)
    await buildx('history', 'rm', '--all')
    expect(await buildx('history', 'ls', '--format', '{{.Ref}}')).toBe('')
  }, 180_000)

  test('a word that it does not know is named with what is near', async () => {
    const { code, stderr } = await user.sampan(['buildx', 'history', 'lss'])
    expect(code).toBe(1)
    expect(stderr).toContain("Did you mean 'sampan buildx history ls'?")
    expect(await buildx('history', '--help')).toContain('inspect')
  })
})

describe('buildx imagetools', () => {
  const name = (rest: string) => `${registry.host}/${rest}`

  test('shows what a registry has: lists, attestations, configurations', async () => {
    const context = contextOf('CMD ["here"]')
    await user.ok(['build', '-q', '-t', name('one:1'), '--push', '--provenance=true', context])
    const text = await buildx('imagetools', 'inspect', name('one:1'))
    expect(text).toContain(
      `Name:      ${name('one:1')}\nMediaType: application/vnd.oci.image.index.v1+json\n`,
    )
    expect(text).toMatch(/ {2}Platform: {2}linux\/\w+\n/)
    expect(text).toContain('vnd.docker.reference.type: attestation-manifest')
    const format = async (template: string) =>
      JSON.parse(await buildx('imagetools', 'inspect', '--format', template, name('one:1')))
    expect(await format('{{json .Manifest}}')).toMatchObject({
      digest: /sha256/.exec(text) && expect.any(String),
    })
    expect(Object.values(await format('{{json .Image}}'))).toMatchObject([{ config: { Cmd: ['here'] } }])
    expect(await format('{{json .Provenance}}')).toMatchObject({ SLSA: { buildDefinition: {} } })
    const raw = JSON.parse(await buildx('imagetools', 'inspect', '--raw', name('one:1')))
    expect(raw.manifests).toHaveLength(2)
    const absent = await user.sampan(['buildx', 'imagetools', 'inspect', name('none:1')])
    expect(absent.code).toBe(1)
  })

  test('makes a list of images in another repository, of which nothing stays here', async () => {
    const arm = contextOf('LABEL a=arm')
    user.file(`context-${contexts}/Dockerfile`, 'FROM scratch\nLABEL a=arm\nCOPY Dockerfile /\n')
    await user.ok(['build', '-q', '-t', name('arm:1'), '--platform', 'linux/arm64', '--push', arm])
    await user.ok(['build', '-q', '-t', name('here:1'), '--push', contextOf('LABEL a=here')])
    const create = (...words: string[]) => buildx('imagetools', 'create', ...words)
    const dry = JSON.parse(await create('--dry-run', name('arm:1'), name('here:1')))
    expect(dry.manifests).toHaveLength(2)
    await create('-t', name('both:1'), '--annotation', 'index:a=b', name('arm:1'), name('here:1'))
    const made = JSON.parse(await buildx('imagetools', 'inspect', '--raw', name('both:1')))
    expect(made.annotations).toEqual({ a: 'b' })
    expect(made.manifests.map((one: { platform: object }) => one.platform)).toContainEqual({
      architecture: 'arm64',
      os: 'linux',
    })
    const copied = await user.run(['skopeo', 'inspect', '--tls-verify=false', `docker://${name('both:1')}`])
    expect(copied).toMatchObject({ code: 0 })
    await create('-t', name('only:1'), '-p', 'linux/arm64', name('both:1'))
    expect(JSON.parse(await buildx('imagetools', 'inspect', '--raw', name('only:1'))).manifests).toHaveLength(
      1,
    )
    await create('--append', '-t', name('only:1'), name('here:1'))
    expect(JSON.parse(await buildx('imagetools', 'inspect', '--raw', name('only:1'))).manifests).toHaveLength(
      2,
    )
  })

  test('from one registry to another', async () => {
    await using other = await startRegistry()
    await user.ok(['build', '-q', '-t', name('far:1'), '--push', contextOf('RUN echo far > /far')])
    await buildx('imagetools', 'create', '-t', `${other.host}/deep/far:2`, name('far:1'))
    const ran = await user.ok(['run', '--rm', '--network=none', `${other.host}/deep/far:2`, 'cat', '/far'])
    expect(ran).toBe('far')
  })

  test('needs a source and a name', async () => {
    const none = await user.sampan(['buildx', 'imagetools', 'create', '-t', name('x')])
    expect(none).toMatchObject({ code: 125, stderr: expect.stringContaining('no sources were given') })
    const unnamed = await user.sampan(['buildx', 'imagetools', 'create', name('x')])
    expect(unnamed).toMatchObject({ code: 125, stderr: expect.stringContaining('the list has no name') })
  })
})
