/** Options of podman's and buildah's `build`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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
  user.file(`context-${contexts}/Dockerfile`, `${lines.join('\n')}\n`)
  return folder
}

const there = (name: string) => join(user.folder, name)
const inspect = async (name: string, template: string) =>
  await user.ok(['image', 'inspect', '--format', template, name])
const raw = async (name: string) =>
  JSON.parse(
    (
      await user.run([
        'skopeo',
        'inspect',
        '--tls-verify=false',
        '--raw',
        `docker://${registry.host}/${name}`,
      ])
    ).stdout,
  )

test('--cache-ttl makes again what is older', async () => {
  const context = contextOf(`FROM ${image}`, 'RUN head -c 8 /dev/urandom > /random')
  await user.ok(['build', '-q', '-t', 'ttl', context])
  const random = () => user.ok(['run', '--rm', '--network=none', 'ttl', 'od', '-x', '/random'])
  const first = await random()
  await user.ok(['build', '-q', '-t', 'ttl', '--cache-ttl', '24h', context])
  expect(await random()).toBe(first)
  await user.ok(['build', '-q', '-t', 'ttl', '--cache-ttl=0s', context])
  expect(await random()).not.toBe(first)
})

test('--manifest makes a list, and adds to it', async () => {
  const context = contextOf('FROM scratch', 'ARG WORD', 'LABEL word=$WORD', 'COPY Dockerfile /')
  const build = (platform: string, word: string) =>
    user.ok([
      'build',
      '-q',
      '--manifest',
      'listed',
      '--platform',
      platform,
      '--build-arg',
      `WORD=${word}`,
      context,
    ])
  const listed = async () =>
    JSON.parse(await user.ok(['manifest', 'inspect', 'listed'])).manifests.map(
      (one: { platform: { architecture: string }; digest: string }) => [
        one.platform.architecture,
        one.digest,
      ],
    )
  await build('linux/amd64,linux/arm64', 'one')
  const before = await listed()
  expect(before.map(([architecture]: string[]) => architecture)).toEqual(['amd64', 'arm64'])
  await build('linux/s390x', 'one')
  await build('linux/arm64', 'two')
  const after = await listed()
  expect(after.map(([architecture]: string[]) => architecture).sort()).toEqual(['amd64', 'arm64', 's390x'])
  expect(after).toContainEqual(before[0])
  expect(after).not.toContainEqual(before[1])
})

describe('a push', () => {
  const context = () => contextOf('FROM scratch', `COPY large /`)
  const large = () => user.file(`context-${contexts}/large`, 'x'.repeat(200_000))

  test.each([
    [['--compression-format', 'zstd', '--compression-level', '3', '--push'], /zstd$/],
    [['--push'], /gzip$/],
  ])('%j', async (options, type) => {
    const folder = context()
    large()
    await user.ok(['build', '-q', '-t', `${registry.host}/packed`, ...options, folder])
    expect((await raw('packed')).layers[0].mediaType).toMatch(type)
  })

  test('-o type=registry has buildx`s words for it, also for a list', async () => {
    const folder = context()
    large()
    const output = `type=registry,name=${registry.host}/multi,compression=zstd,force-compression=true`
    await user.ok(['build', '-q', '--platform', 'linux/amd64,linux/arm64', '-o', output, folder])
    for (const { digest } of (await raw('multi')).manifests) {
      expect((await raw(`multi@${digest}`)).layers[0].mediaType).toMatch(/zstd$/)
    }
    const refused = await user.sampan(['build', '-o', 'type=image,compression=estargz', folder])
    expect(refused).toMatchObject({ code: 125, stderr: expect.stringContaining('gzip or zstd') })
  })
})

test('--logfile has what is said, standard output the id', async () => {
  const context = contextOf(`FROM ${image}`, 'RUN echo words of the step', 'RUN exit 3')
  const { code, stderr, stdout } = await user.sampan(['build', '--logfile', there('log'), context])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).not.toContain('words of the step')
  expect(readFileSync(there('log'), 'utf8')).toMatch(/words of the step[\s\S]*Try it again by hand/)
})

test('--iidfile-raw, --created-annotation, --omit-history and --os-version are in what is written', async () => {
  const context = contextOf(`FROM ${image}`, 'RUN true')
  await user.ok([
    'build',
    '-q',
    ...['-t', 'options', '--iidfile-raw', there('iid'), '--created-annotation', '--omit-history'],
    ...['--os-version', '6.1', '-o', `type=oci,dest=${there('oci')},tar=false`, '-o', 'type=image'],
    context,
  ])
  expect(readFileSync(there('iid'), 'utf8')).toBe(
    (await inspect('options', '{{.Id}}')).replace('sha256:', ''),
  )
  const read = (digest: string) =>
    JSON.parse(readFileSync(there(`oci/blobs/${digest.replace(':', '/')}`), 'utf8'))
  const [top] = JSON.parse(readFileSync(there('oci/index.json'), 'utf8')).manifests
  const manifest = read(top.digest)
  const config = read(manifest.config.digest)
  expect(manifest.annotations).toEqual({ 'org.opencontainers.image.created': config.created })
  expect(config).toMatchObject({ 'os.version': '6.1', history: [] })
})

test('--group-add, --no-hosts, --no-hostname and the namespaces are those of the steps', async () => {
  const step =
    'id -G; cat /etc/hosts 2>/dev/null | wc -l; readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts'
  const context = contextOf(`FROM ${image}`, `RUN ${step}`)
  const says = async (...options: string[]) => {
    const { stderr } = await user.sampan(['build', '--no-cache', '--network=none', ...options, context])
    return stderr
  }
  expect(await says()).not.toMatch(/ 0 1234$/m)
  const own = await says('--group-add', '1234', '--no-hosts', '--no-hostname', '--ipc=host', '--uts=host')
  expect(own).toMatch(/ 1234$/m)
  expect(own).toMatch(/^#\d+ [\d.]+ 0$/m)
  for (const name of ['ipc', 'uts'])
    expect(own).toContain((await user.run(['readlink', `/proc/self/ns/${name}`])).stdout.trim())
})

test('--cpp-flag reaches the preprocessor of a Dockerfile.in', async () => {
  const context = contextOf()
  user.file(`context-${contexts}/Dockerfile.in`, `FROM ${image}\nLABEL word=WORD\n`)
  const file = join(context, 'Dockerfile.in')
  await user.ok(['build', '-q', '-t', 'cpp', '-f', file, '--cpp-flag', '-DWORD=given', context])
  expect(await inspect('cpp', '{{.Config.Labels.word}}')).toBe('given')
})

test('what is so anyway is accepted, the rest is refused with a way out', async () => {
  const context = contextOf('FROM scratch')
  const same = [
    '--userns=host',
    '--identity-label=false',
    '--inherit-annotations=false',
    '--unsetannotation',
    'a',
  ]
  await user.ok(['build', '-q', ...same, context])
  for (const option of ['--userns=keep-id', '--identity-label', '--cache-ttl=soon']) {
    const { code, stderr } = await user.sampan(['build', option, context])
    expect({ code, stderr }).toMatchObject({ code: 125, stderr: expect.stringMatching(/^Error: .*\n.+/) })
  }
})
