/** A container's files as an archive and as an image: changed, removed, linked, owned by others; while it runs, too. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { ok } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const out = (name: string) => join(user.folder, name)

/** Everything a layer can say: new, changed and removed names, a folder that replaced one, links, owners, a fifo. */
const changes = [
  'mkdir -p /d/e && echo hi > /d/f && ln /d/f /d/g && ln -s f /d/s && mkfifo /d/p',
  'chown app:audio /d/f && chmod 4750 /d/f',
  'rm -r /home && rm /bin/vi /etc/group',
  'rm -r /var/log && mkdir /var/log && echo new > /var/log/new',
  'echo "x:x:7:7::/:" >> /etc/passwd',
].join(' && ')

/** What `changes` must look like from inside, whichever way they came there. */
const look =
  'cd / && stat -c "%n %u:%g %a %h %F" d/* var/log/* && readlink d/s && cat d/g && tail -n1 etc/passwd && ls -d home bin/vi etc/group'
const seen = [
  'd/e 0:0 755 2 directory',
  'd/f 1000:29 4750 2 regular file',
  'd/g 1000:29 4750 2 regular file',
  'd/p 0:0 644 1 fifo',
  'd/s 0:0 777 1 symbolic link',
  'var/log/new 0:0 644 1 regular file',
  'f',
  'hi',
  'x:x:7:7::/:',
]

async function looksRight(name: string) {
  const { stdout, stderr } = await user.sampan(['run', '--rm', '--network', 'none', name, 'sh', '-c', look])
  expect(stdout.trimEnd().split('\n')).toEqual(seen)
  expect(stderr.match(/ls: .*: No such file/g)).toHaveLength(3)
}

const drivers = ['overlay', 'vfs', ...(existsSync('/usr/bin/fuse-overlayfs') ? ['fuse-overlayfs'] : [])]
beforeAll(async () => {
  for (const driver of drivers) {
    const options = ['--storage-driver', driver, 'run', '--name', driver, '--network', 'none', '-v', '/vol']
    await user.ok([...options, '-e', 'A=b', image, 'sh', '-c', `${changes} && echo kept > /vol/file`])
  }
}, 60_000)

describe.each(drivers)('with %s', (driver) => {
  test('commit adds one layer that holds the changes and nothing else', async () => {
    const id = await user.ok(['commit', driver, `committed-${driver}:1`])
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/)
    await looksRight(`committed-${driver}:1`)
    const format = '{{len .RootFS.Layers}} {{.Config.Env}} {{json .Config.Volumes}} {{.Size}}'
    const [layers, ...rest] = (await user.ok(['image', 'inspect', '-f', format, id])).split(' ')
    expect({ layers, rest: rest.join(' ') }).toEqual({
      layers: '2',
      rest: expect.stringMatching(/A=b.* \{"\/vol":\{\}\} \d+$/),
    })
    const base = Number(await user.ok(['image', 'inspect', '-f', '{{.Size}}', image]))
    expect(Number(rest.at(-1)) - base).toBeLessThan(1000)
  })

  test('export and import give the same files, without volumes', async () => {
    const script = '"$0" export "$1" | "$0" import - "flat-$1:1"'
    const { code, stderr } = await user.run(['sh', '-c', script, user.executable, driver])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    await looksRight(`flat-${driver}:1`)
    const ls = ['run', '--rm', '--network', 'none', `flat-${driver}:1`, 'ls', '/vol']
    expect(await user.ok(ls)).toBe('')
  })

  test('commit --squash makes one layer of everything', async () => {
    await user.ok(['commit', '--squash', driver, `squashed-${driver}`])
    await looksRight(`squashed-${driver}`)
    const layers = ['image', 'inspect', '-f', '{{len .RootFS.Layers}}', `squashed-${driver}`]
    expect(await user.ok(layers)).toBe('1')
  })
})

describe('commit', () => {
  test('takes author, message and changes', async () => {
    const changed = ['-c', 'CMD ["cat", "/d/f"]', '--change', 'ENV C=d', '-c', 'USER 0:0', '-c', 'WORKDIR /d']
    const id = await user.ok([
      'commit',
      '-a',
      'me <me@here>',
      '-m',
      'why',
      ...changed,
      '--iidfile',
      out('iid'),
      'overlay',
    ])
    expect(readFileSync(out('iid'), 'utf8')).toBe(id)
    expect(await user.ok(['run', '--rm', '--network', 'none', id])).toBe('hi')
    const format = '{{.Author}}|{{.Comment}}|{{.Config.Env}}|{{.Config.User}}|{{.Config.WorkingDir}}'
    expect(await user.ok(['image', 'inspect', '-f', format, id])).toMatch(
      /^me <me@here>\|why\|\[.*A=b C=d\]\|0:0\|\/d$/,
    )
    expect(await user.ok(['history', '--format', '{{.CreatedBy}} ({{.Comment}})', id])).toMatch(
      /^sh -c mkdir -p .* \(why\)\n/,
    )
  })

  test('works on a container that runs and writes', async () => {
    const write = 'i=0; while :; do i=$((i+1)); echo $i > /n$((i % 50)); mkdir -p /t/$i && rm -r /t; done'
    await user.ok(['run', '-d', '--name', 'busy', '--network', 'none', image, 'sh', '-c', write])
    for (const round of [1, 2, 3]) {
      await user.ok(['commit', ...(round === 1 ? ['--no-pause'] : ['-p']), 'busy', `busy:${round}`])
      expect(await user.ok(['inspect', '-f', '{{.State.Status}}', 'busy'])).toBe('running')
      await user.ok(['export', '-o', out('busy.tar'), 'busy'])
      expect(await ok(['tar', '-tf', out('busy.tar')])).toContain('bin/busybox')
    }
    await user.ok(['rm', '-f', 'busy'])
    expect(await user.ok(['run', '--rm', '--network', 'none', 'busy:3', 'cat', '/n7'])).toMatch(/^\d*$/)
  })

  test('--format docker has docker’s media types', async () => {
    await user.ok(['run', '--name', 'typed', '--network', 'none', image, 'touch', '/made'])
    await user.ok(['commit', '--format', 'docker', 'typed', 'typed:1'])
    const path = join(user.folder, 'typed')
    await user.ok(['save', '--format', 'docker-dir', '-o', path, 'typed:1'])
    expect(readFileSync(join(path, 'manifest.json'), 'utf8')).toContain('distribution.manifest.v2+json')
    expect(await user.ok(['run', '--rm', '--network', 'none', 'typed:1', 'ls', '/made'])).toBe('/made')
    await user.ok(['rm', 'typed'])
  })

  test('commits on top of commits, and skopeo reads the result', async () => {
    await user.ok(['run', '--name', 'second', '--network', 'none', 'committed-overlay:1', 'rm', '-r', '/d'])
    await user.ok(['commit', 'second', 'twice:1'])
    await user.ok(['save', '--format', 'oci-archive', '-o', out('twice.tar'), 'twice:1'])
    const inspected = JSON.parse(await ok(['skopeo', 'inspect', `oci-archive:${out('twice.tar')}`]))
    expect(inspected.Layers).toHaveLength(3)
    const ls = await user.ok(['run', '--rm', '--network', 'none', 'twice:1', 'ls', '/'])
    expect(ls.split('\n')).not.toContain('d')
  })

  test('of one container by many at once makes whole images', async () => {
    const names = ['a', 'b', 'c', 'd'].map((name) => `at-once:${name}`)
    await Promise.all(names.map((name) => user.ok(['commit', 'overlay', name])))
    for (const name of names) await looksRight(name)
  })

  test.each([
    ['a container that is not there', ['nobody', 'x:1'], /No such container: nobody/],
    ['a change it cannot make', ['-c', 'FLY high', 'overlay'], /invalid change "FLY high"/],
    ['a digest for a name', ['overlay', `x@sha256:${'0'.repeat(64)}`], /cannot commit to digest reference/],
    ['a signal that is none', ['-c', 'STOPSIGNAL FOO', 'overlay'], /Invalid signal: FOO/],
    ['volumes', ['--include-volumes', 'overlay'], /--include-volumes is not supported/],
  ])('refuses %s', async (_, args, words) => {
    const before = await user.ok(['images', '-aq'])
    const { code, stdout, stderr } = await user.sampan(['commit', ...args])
    expect(stderr).toMatch(words)
    expect({ failed: code > 0, stdout }).toEqual({ failed: true, stdout: '' })
    expect(await user.ok(['images', '-aq'])).toBe(before)
  })

  test('says what to do when the image has been removed', async () => {
    await user.ok(['tag', image, 'gone:1'])
    await user.ok(['commit', '-c', 'LABEL a=b', 'overlay', 'gone:1'])
    await user.ok(['run', '--name', 'orphan', '--network', 'none', 'gone:1', 'true'])
    await user.ok(['rmi', '-f', 'gone:1'])
    const { code, stderr } = await user.sampan(['commit', 'orphan', 'x:1'])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/was removed.*\n.*--squash orphan/),
    })
    await user.ok(['commit', '--squash', 'orphan', 'saved:1'])
    await looksRight('saved:1')
  })
})

test('export is refused on a terminal, and leaves no file where it may not write', async () => {
  const terminal = user.terminal(['export', 'overlay'])
  await terminal.waitFor(/cowardly refusing to save to a terminal/)
  const { code, stderr } = await user.sampan(['export', '-o', 'no/where.tar', 'overlay'])
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/directory ".*\/no" does not exist/),
  })
})

test('the same container gives the same archive twice', async () => {
  for (const name of ['one.tar', 'two.tar']) await user.ok(['export', '-o', out(name), 'overlay'])
  expect(readFileSync(out('one.tar')).equals(readFileSync(out('two.tar')))).toBe(true)
})
