import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let contexts = 0

/** Builds a Dockerfile of these lines on busybox, with other files beside it; its output. */
async function build(
  lines: readonly string[],
  options: { readonly files?: Readonly<Record<string, string>>; readonly args?: readonly string[] } = {},
) {
  contexts += 1
  const folder = user.makeFolder(`context-${contexts}`)
  user.file(`context-${contexts}/Dockerfile`, `${[`FROM ${image}`, ...lines].join('\n')}\n`)
  for (const [name, content] of Object.entries(options.files ?? {})) {
    const at = name.lastIndexOf('/')
    if (at > 0) user.makeFolder(`context-${contexts}/${name.slice(0, at)}`)
    user.file(`context-${contexts}/${name}`, content)
  }
  return await user.sampan(['build', '-t', 'built', ...(options.args ?? []), folder])
}

const inImage = (script: string) => user.ok(['run', '--rm', 'built', 'sh', '-c', script])

describe('RUN --mount', () => {
  test('bind shows files of the context, which stay out of the image', async () => {
    const { code, stderr } = await build(
      ['RUN --mount=type=bind,target=/src cat /src/sub/file && ! touch /src/new'],
      { files: { 'sub/file': 'words of the file' } },
    )
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toContain('words of the file')
    expect(await inImage('ls -d /src 2>/dev/null || echo nothing')).toBe('nothing')
  })

  test('bind leaves out what .dockerignore names', async () => {
    const { stderr } = await build(['RUN --mount=target=/src ls /src'], {
      files: { '.dockerignore': 'secret\n', secret: '', public: '' },
    })
    expect(stderr).toContain('public')
    expect(stderr).not.toMatch(/^#\d+ [\d.]+ secret/m)
  })

  test('bind with rw can be written to, and the context is as before', async () => {
    const lines = ['RUN --mount=target=/src,rw echo changed > /src/file && cp /src/file /copy']
    expect(await build(lines, { files: { file: 'before' } })).toMatchObject({ code: 0 })
    expect(await inImage('cat /copy')).toBe('changed')
    expect((await user.run(['cat', `${user.folder}/context-${contexts}/file`])).stdout).toBe('before')
  })

  test('bind copies nothing, whether it can be written to or .dockerignore leaves something out', async () => {
    const lines = [
      'RUN --mount=target=/src,rw : > /src/new && rm -r /src/gone && stat -c %i /src/deep/kept > /written',
      'RUN --mount=target=/src stat -c %i /src/deep/kept > /read && find /src | sort > /list',
      'RUN --mount=target=/src,source=deep find /src | sort > /part',
    ]
    const files = {
      '.dockerignore': 'hidden\n**/left\n*.log\nout\n!out/back\n',
      'hidden/a': '',
      'deep/kept': 'kept',
      'deep/left': '',
      'gone/a': '',
      'x.log': '',
      'out/a': '',
      'out/back': '',
    }
    expect(await build(lines, { files })).toMatchObject({ code: 0 })
    const folder = join(user.folder, `context-${contexts}`)
    const inode = String(statSync(join(folder, 'deep/kept')).ino)
    expect(await inImage('cat /written /read')).toBe(`${inode}\n${inode}`)
    expect((await inImage('cat /list')).split('\n')).toEqual([
      '/src',
      '/src/.dockerignore',
      '/src/Dockerfile',
      '/src/deep',
      '/src/deep/kept',
      '/src/gone',
      '/src/gone/a',
      '/src/out',
      '/src/out/back',
    ])
    expect(await inImage('cat /part')).toBe('/src\n/src/kept')
    expect(readdirSync(folder).sort()).toEqual([
      '.dockerignore',
      'Dockerfile',
      'deep',
      'gone',
      'hidden',
      'out',
      'x.log',
    ])
    expect(readdirSync(join(user.root, 'build/fetched'))).toEqual([])
  })

  test('bind from a stage or an image shows their files', async () => {
    const { code, stderr } = await build([
      'RUN echo made > /made',
      `FROM ${image}`,
      'RUN --mount=from=0,source=/made,target=/file cat /file',
      `RUN --mount=from=${image},source=/bin,target=/other ls /other/busybox`,
    ])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toContain('made')
  })

  test('a changed file that is bound runs the step again', async () => {
    const lines = ['RUN --mount=target=/src cp /src/file /copy']
    await build(lines, { files: { file: 'one' } })
    await build(lines, { files: { file: 'two' } })
    expect(await inImage('cat /copy')).toBe('two')
  })

  test('cache keeps files from build to build, out of the image', async () => {
    const step = (word: string) => [
      `RUN --mount=type=cache,target=/cache echo ${word} >> /cache/log; cat /cache/log > /seen`,
    ]
    await build(step('first'))
    await build(step('second'))
    expect(await inImage('cat /seen; ls -d /cache 2>/dev/null || echo nothing')).toBe(
      'first\nsecond\nnothing',
    )
  })

  test.each(['mount.json', 'data', 'lock'])(
    'a cache whose %s was removed by hand is made whole',
    async (part) => {
      await user.ok(['builder', 'prune', '-af'])
      const lines = (word: string) => [`RUN --mount=type=cache,target=/cache echo ${word} >> /cache/file`]
      expect(await build(lines('one'))).toMatchObject({ code: 0 })
      const mounts = join(user.root, 'build/mounts')
      for (const name of readdirSync(mounts))
        rmSync(join(mounts, name, part), { recursive: true, force: true })
      expect(await build(lines('two'))).toMatchObject({ code: 0 })
      const listed = await user.ok(['builder', 'du', '--filter', 'type=exec.cachemount'])
      expect(listed.match(/exec\.cachemount/g)).toHaveLength(1)
      expect(listed).toContain('/cache')
    },
  )

  test('a cache whose record is damaged is listed, and pruned', async () => {
    expect(await build(['RUN --mount=type=cache,target=/cache : > /cache/file'])).toMatchObject({ code: 0 })
    const mounts = join(user.root, 'build/mounts')
    for (const name of readdirSync(mounts)) writeFileSync(join(mounts, name, 'mount.json'), 'no record')
    expect(await user.ok(['builder', 'du'])).toContain('(its mount.json is damaged)')
    await user.ok(['builder', 'prune', '-af'])
    expect(readdirSync(mounts)).toEqual([])
  })

  test('a locked cache is one step’s at a time', async () => {
    const step = (name: string) => [
      `FROM ${image} AS ${name}`,
      `RUN --mount=type=cache,id=lock,target=/cache,sharing=locked mkdir /cache/mine && sleep 0.3 && rmdir /cache/mine && : > /${name}`,
    ]
    const { code, stderr } = await build([
      ...step('a'),
      ...step('b'),
      `FROM ${image}`,
      'COPY --from=a /a /',
      'COPY --from=b /b /',
    ])
    expect({ code, stderr }).toMatchObject({ code: 0 })
  })

  test('a private cache is another one for each step that runs beside', async () => {
    const step = (name: string) => [
      `FROM ${image} AS ${name}`,
      `RUN --mount=type=cache,id=own,target=/cache,sharing=private mkdir /cache/mine && sleep 0.5 && rmdir /cache/mine && : > /${name}`,
    ]
    const { code, stderr } = await build([
      ...step('a'),
      ...step('b'),
      `FROM ${image}`,
      'COPY --from=a /a /',
      'COPY --from=b /b /',
    ])
    expect({ code, stderr }).toMatchObject({ code: 0 })
  })

  test('tmpfs is empty and goes', async () => {
    expect(
      await build(['RUN --mount=type=tmpfs,target=/scratch : > /scratch/file && ls /scratch']),
    ).toMatchObject({
      code: 0,
    })
    expect(await inImage('ls -d /scratch 2>/dev/null || echo nothing')).toBe('nothing')
  })

  test('a secret is a file, or a variable, for the step alone', async () => {
    const secret = user.file('token', 'hush hush')
    const lines = [
      'RUN --mount=type=secret,id=token grep -q "^h.* h..h$" /run/secrets/token && stat -c %a /run/secrets/token',
      'RUN --mount=type=secret,id=token,env=TOKEN echo "$TOKEN" | grep -q "^h.* h..h$"',
      'RUN --mount=type=secret,id=token,target=/t,uid=1000,mode=0440 stat -c "%u %a" /t',
    ]
    const { code, stderr } = await build(lines, { args: ['--secret', `id=token,src=${secret}`] })
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toContain(' 400')
    expect(stderr).toContain(' 1000 440')
    expect(await user.ok(['history', '--no-trunc', 'built'])).not.toContain('hush')
    expect(await inImage('ls -A /run; ls /t 2>&1 || true')).not.toContain('secrets')
    const found = await user.run(['grep', '-rl', 'hush hush', user.root])
    expect(found.stdout).toBe('')
  })

  test('a secret that is required and not given stops the build', async () => {
    const { code, stderr } = await build(['RUN --mount=type=secret,id=absent,required=true true'])
    expect(code).toBe(1)
    expect(stderr).toContain('secret absent: not found')
    expect(await build(['RUN --mount=type=secret,id=absent test ! -e /run/secrets/absent'])).toMatchObject({
      code: 0,
    })
  })

  test('an ssh agent is a socket', async () => {
    const { code, stderr } = await user.run([
      'sh',
      '-c',
      `cd ${user.makeFolder('ssh')} && printf 'FROM ${image}\\nRUN --mount=type=ssh test -S "$SSH_AUTH_SOCK"\\n' > Dockerfile && socat UNIX-LISTEN:sock,fork - & pid=$!; sleep 0.3; cd ${user.folder}/ssh; ${user.executable} build --ssh default=sock .; code=$?; kill $pid; exit $code`,
    ])
    expect({ code, stderr }).toMatchObject({ code: 0 })
  })

  test('keys of files sign by an agent of the build, which is there while it runs; other users can be let in', async () => {
    const key = join(user.makeFolder('keys'), 'id')
    await user.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'mine', '-f', key])
    const client = hostProgram('ssh-add')
    const mount = '--mount=from=client,target=/client --mount=type=ssh,id=deploy'
    const { code, stderr } = await build(
      [
        `RUN ${mount} echo "root: $(${client.command} -L)"`,
        'USER 1000',
        `RUN ${mount},uid=1000 echo "user: $(${client.command} -L)"`,
      ],
      { args: ['--ssh', `deploy=${key}`, '--build-context', `client=${client.folder}`] },
    )
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const [type, blob] = readFileSync(`${key}.pub`, 'utf8').split(' ')
    expect(stderr).toContain(`root: ${type} ${blob}`)
    expect(stderr).toContain(`user: ${type} ${blob}`)
    const left = readdirSync(join(user.runtime, 'sampan')).filter((name) => name.startsWith('ssh'))
    expect(left).toEqual([])
  })

  test('git has them, too, for contexts and ADD', async () => {
    const key = join(user.makeFolder('git-keys'), 'id')
    await user.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'mine', '-f', key])
    const repository = user.makeFolder('repository')
    user.file(
      'repository/Dockerfile',
      `FROM ${image}\nADD git@host:${repository}.git /added\nRUN ls /added\n`,
    )
    const git = (...words: string[]) =>
      user.run(['git', '-C', repository, '-c', 'user.name=x', '-c', 'user.email=x@x', ...words])
    await git('init', '-q')
    await git('add', '.')
    await git('commit', '-qm', 'one')
    await user.run(['git', 'clone', '-q', '--bare', repository, `${repository}.git`])
    const said = join(user.folder, 'said')
    // In the place of ssh: says which keys it could use, and runs the other side here.
    const ssh = user.file(
      'ssh-here',
      `#!/bin/sh\nssh-add -L >> ${said}\nshift $(($# - 1))\nexec sh -c "$1"\n`,
      0o755,
    )
    const { code, stderr } = await user.run([
      'sh',
      '-c',
      `GIT_SSH=${ssh} ${user.executable} build --ssh default=${key} git@host:${repository}.git`,
    ])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const blob = readFileSync(`${key}.pub`, 'utf8').split(' ')[1] ?? ''
    expect(
      readFileSync(said, 'utf8')
        .split('\n')
        .filter((line) => line.includes(blob)).length,
    ).toBeGreaterThan(1)
  })

  test('a key with a passphrase, and one that is not there, are refused before anything runs', async () => {
    const key = join(user.makeFolder('locked'), 'id')
    await user.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', 'secret', '-f', key])
    const locked = await build(['RUN echo ran'], { args: ['--ssh', `default=${key}`] })
    expect(locked).toMatchObject({ code: 1, stderr: expect.stringContaining('has a passphrase') })
    expect(locked.stderr).toContain('ssh-add KEY')
    const absent = await build(['RUN echo ran'], { args: ['--ssh', 'default=/no/such'] })
    expect(absent).toMatchObject({
      code: 1,
      stderr: 'Error: ssh default: /no/such: no such file or directory\n',
    })
  })
})

/** A program of this machine with its libraries in a folder, and how to start it where that is mounted at /client. */
function hostProgram(name: string) {
  const folder = user.makeFolder(`program-${name}`)
  const path = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
  const libraries = execFileSync('ldd', [path], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
  for (const file of [path, ...libraries]) copyFileSync(file, join(folder, basename(file)))
  const loader = libraries.map((file) => basename(file)).find((file) => file.startsWith('ld-')) ?? ''
  return { folder, command: `/client/${loader} --library-path /client /client/${name}` }
}
