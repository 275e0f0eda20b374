/** Options of build that change one thing, and those of its cache that other tests do not give. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let contexts = 0

function contextOf(...lines: string[]): string {
  contexts += 1
  user.file(`flags-${contexts}/Dockerfile`, `${lines.join('\n')}\n`)
  return join(user.folder, `flags-${contexts}`)
}
const inspect = (name: string, template: string) => user.ok(['image', 'inspect', '-f', template, name])

test('--source-date-epoch is when the image was made; --annotation is in its manifest', async () => {
  const context = contextOf(`FROM ${image}`, 'RUN touch /made')
  await user.ok([
    'build',
    '-t',
    'dated',
    '--source-date-epoch',
    '1000000000',
    '--annotation',
    'a.b=c',
    context,
  ])
  expect(await inspect('dated', '{{.Created}}')).toMatch(/^2001-09-09T01:46:40/)
  const made = await user.ok(['run', '--rm', '--network', 'none', 'dated', 'stat', '-c', '%Y', '/made'])
  expect(made).toBe('1000000000')
  const archive = join(user.folder, 'dated.tar')
  await user.ok(['save', '--format', 'oci-archive', '-o', archive, 'dated'])
  const listed = await user.run(['skopeo', 'inspect', '--raw', `oci-archive:${archive}`])
  expect(JSON.parse(listed.stdout).annotations).toMatchObject({ 'a.b': 'c' })
})

test('--inherit-labels=false leaves the labels of the base behind', async () => {
  await user.ok(['build', '-t', 'base', contextOf(`FROM ${image}`, 'LABEL old=1')])
  const context = contextOf('FROM base', 'LABEL new=2')
  await user.ok(['build', '-t', 'derived', '--pull=never', context])
  expect(await inspect('derived', '{{json .Config.Labels}}')).toBe('{"new":"2","old":"1"}')
  await user.ok(['build', '-t', 'derived', '--load', '--inherit-labels=false', context])
  expect(await inspect('derived', '{{json .Config.Labels}}')).toBe('{"new":"2"}')
})

test('--skip-unused-stages=false builds what nobody needs, --jobs one at a time', async () => {
  const context = contextOf(
    `FROM ${image} AS unused`,
    'RUN echo built-$((40+2))',
    `FROM ${image}`,
    'RUN true',
  )
  const words = ['build', '--no-cache', '--progress', 'plain', '--jobs', '1']
  expect((await user.sampan([...words, context])).stderr).not.toContain('built-42')
  expect((await user.sampan([...words, '--skip-unused-stages=false', context])).stderr).toContain('built-42')
})

test('stages that do not need each other run beside each other', async () => {
  // Each waits for all four to have begun: one after the other they would wait for ever.
  const meet = 'until [ $(ls /meet | wc -l) -ge 4 ]; do sleep 0.05; done'
  const stages = ['a', 'b', 'c', 'd'].map(
    (name) =>
      `FROM ${image} AS ${name}\nRUN --mount=type=cache,target=/meet : > /meet/${name} && ${meet} && echo ${name} > /${name}\n`,
  )
  const last = ['a', 'b', 'c', 'd'].map((name) => `COPY --from=${name} /${name} /all/\n`)
  user.file('beside/Dockerfile', [...stages, `FROM ${image}\n`, ...last].join(''))
  await user.ok(['build', '-q', '--network', 'none', '-t', 'beside', join(user.folder, 'beside')])
  expect(await user.ok(['run', '--rm', 'beside', 'ls', '/all'])).toBe('a\nb\nc\nd')
})

test('--os, --arch and --variant say what the image is for', async () => {
  const context = contextOf('FROM scratch', 'COPY Dockerfile /')
  await user.ok(['build', '-t', 'foreign', '--os', 'linux', '--arch', 'arm', '--variant', 'v6', context])
  expect(await inspect('foreign', '{{.Os}}/{{.Architecture}}/{{.Variant}}')).toBe('linux/arm/v6')
})

test('--cap-add and --security-opt are those of RUN; limits as run has them', async () => {
  const context = contextOf(
    `FROM ${image}`,
    'RUN grep CapEff /proc/self/status; grep Seccomp: /proc/self/status',
  )
  const output = async (...words: string[]) =>
    (await user.sampan(['build', '--no-cache', '--progress', 'plain', ...words, context])).stderr
  const plain = await output()
  const more = await output('--cap-add', 'SYS_PTRACE', '--security-opt', 'seccomp=unconfined')
  const effective = (text: string) => BigInt(`0x${/CapEff:\s*([0-9a-f]+)/.exec(text)?.[1]}`)
  expect(effective(more) & ~effective(plain)).toBe(1n << 19n)
  expect(plain).toMatch(/Seccomp:\s*2/)
  expect(more).toMatch(/Seccomp:\s*0/)
  const limits = [
    '--cpu-period',
    '50000',
    '--cpu-quota',
    '25000',
    '--cpuset-cpus',
    '0',
    '--cpuset-mems',
    '0',
    '--memory',
    '1g',
    '--memory-swap',
    '2g',
  ]
  const limited = await user.sampan(['build', '--no-cache', ...limits, context])
  expect(limited.code === 0 || /cgroup/.test(limited.stderr), limited.stderr).toBe(true)
})

test('what the cache holds, in whole, and pruned to the space that must stay free', async () => {
  await user.ok(['build', contextOf(`FROM ${image}`, 'RUN echo kept >/kept')])
  expect(await user.ok(['buildx', 'du', '--verbose', '--timeout', '20s'])).toContain('echo kept >/kept')
  await user.ok(['builder', 'prune', '-f', '--min-free-space', '1', '--timeout', '20s'])
  expect(await user.ok(['buildx', 'du', '--verbose'])).toContain('echo kept >/kept')
  await user.ok(['image', 'prune', '-f'])
  await user.ok(['builder', 'prune', '-f', '--min-free-space', '1000tb'])
  expect(await user.ok(['buildx', 'du', '--verbose'])).not.toContain('echo kept >/kept')
})

test('an entry of a list has its platform from --os and --arch', async () => {
  await user.ok(['manifest', 'create', 'platforms:1'])
  await user.ok(['manifest', 'add', '--os', 'linux', '--arch', 'arm64', 'platforms:1', image])
  const platformOf = async () =>
    JSON.parse(await user.ok(['manifest', 'inspect', 'platforms:1'])).manifests[0].platform
  expect(await platformOf()).toMatchObject({ os: 'linux', architecture: 'arm64' })
  const { manifests } = JSON.parse(await user.ok(['manifest', 'inspect', 'platforms:1']))
  await user.ok(['manifest', 'annotate', '--os', 'freebsd', 'platforms:1', manifests[0].digest])
  expect(await platformOf()).toMatchObject({ os: 'freebsd' })
})

test('build arguments of BuildKit: the host name of steps, the name of the build, an index for one platform', async () => {
  user.file('words/Dockerfile', `FROM ${image}\nRUN hostname > /name\n`)
  const folder = `${user.folder}/words`
  const archive = `${user.folder}/words.tar`
  await user.ok([
    'build',
    ...['-t', 'words', '-o', `type=oci,dest=${archive}`, '-o', 'type=image'],
    ...['--build-arg', 'BUILDKIT_SANDBOX_HOSTNAME=mine', '--build-arg', 'BUILDKIT_MULTI_PLATFORM=1'],
    ...['--build-arg', 'BUILDKIT_BUILD_NAME=named', folder],
  ])
  expect(await user.ok(['run', '--rm', '--network=none', 'words', 'cat', '/name'])).toBe('mine')
  expect(await user.ok(['buildx', 'history', 'ls', '--format', '{{.Name}}'])).toMatch(/^named$/m)
  const listed = await user.run(['skopeo', 'inspect', '--raw', `oci-archive:${archive}`])
  expect(JSON.parse(listed.stdout).manifests).toHaveLength(1)
  await user.ok(['build', '-q', '-t', 'words', folder])
  expect(await user.ok(['run', '--rm', '--network=none', 'words', 'cat', '/name'])).toBe('buildkitsandbox')
})
