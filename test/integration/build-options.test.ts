import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let contexts = 0

function contextOf(lines: readonly string[]): string {
  contexts += 1
  user.file(`context-${contexts}/Dockerfile`, `${[`FROM ${image}`, ...lines].join('\n')}\n`)
  return join(user.folder, `context-${contexts}`)
}

/** Builds these lines and gives the value of a template about the image. */
async function built(args: readonly string[], lines: readonly string[], template: string): Promise<string> {
  await user.ok(['build', '-t', 'built', ...args, contextOf(lines)])
  return await user.ok(['inspect', '--format', template, 'built'])
}

const run = (...words: string[]) => user.ok(['run', '--rm', 'built', ...words])

describe('options of build', () => {
  test('-q prints the id, --iidfile and --metadata-file keep it', async () => {
    const [iid, metadata] = [join(user.home, 'iid'), join(user.home, 'metadata')]
    const context = contextOf(['LABEL a=b'])
    const id = await user.ok([
      'build',
      '-q',
      '--iidfile',
      iid,
      '--metadata-file',
      metadata,
      '-t',
      'x:1',
      '-t',
      'y:2',
      context,
    ])
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect((await user.run(['cat', iid])).stdout).toBe(id)
    expect(JSON.parse((await user.run(['cat', metadata])).stdout)).toMatchObject({
      'containerimage.config.digest': id,
      'image.name': 'docker.io/library/x:1,docker.io/library/y:2',
    })
    expect(await user.ok(['images', '-q', '--no-trunc', 'y:2'])).toBe(id)
  })

  test('labels and variables are the image’s', async () => {
    const args = [
      '--label',
      'a=1',
      '--label',
      'b',
      '--env',
      'C=3',
      '--unsetenv',
      'GONE',
      '--unsetlabel',
      'base',
    ]
    const lines = ['LABEL base=x kept=y', 'ENV GONE=x STAYS=y']
    expect(await built(args, lines, '{{json .Config.Labels}}')).toBe('{"a":"1","b":"","kept":"y"}')
    expect(await user.ok(['inspect', '--format', '{{json .Config.Env}}', 'built'])).toContain(
      '"STAYS=y","C=3"',
    )
    expect(await user.ok(['inspect', '--format', '{{json .Config.Env}}', 'built'])).not.toContain('GONE')
  })

  test('--build-arg takes a value, the caller’s own, or those of a file', async () => {
    const lines = ['ARG A', 'ARG B', 'ARG C=default', 'RUN echo $A $B $C > /args']
    const file = user.file('args', '# values\nB=two\nC=three\n')
    await user.ok(['build', '-t', 'built', '--build-arg', 'A', '--build-arg-file', file, contextOf(lines)], {
      env: { A: 'mine' },
    })
    expect(await run('cat', '/args')).toBe('mine two three')
  })

  test('the container of a RUN has the limits, hosts, mounts and capabilities asked for', async () => {
    const folder = user.makeFolder('shared')
    user.file('shared/file', 'from the host')
    const args = [
      '--ulimit',
      'nofile=123:456',
      '--shm-size',
      '8m',
      '--add-host',
      'friend:10.1.2.3',
      '-v',
      `${folder}:/shared:ro`,
      '--cap-drop',
      'ALL',
      '--dns',
      '10.9.9.9',
      '--network',
      'none',
    ]
    const lines = [
      'RUN { ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1; grep friend /etc/hosts; cat /shared/file; echo; grep CapEff /proc/self/status; ls /sys/class/net; } > /seen',
    ]
    await user.ok(['build', '-t', 'built', ...args, contextOf(lines)])
    const seen = await run('cat', '/seen')
    expect(seen).toMatch(/^123\n456\nshm +8192 /)
    expect(seen).toContain('10.1.2.3')
    expect(seen).toContain('from the host\nCapEff:\t0000000000000000\nlo')
    expect(await run('sh', '-c', 'ls /shared 2>/dev/null || echo nothing')).toBe('nothing')
  })

  test('RUN --network=none has no network, --security=insecure must be allowed', async () => {
    const lines = [
      'RUN --network=none ls /sys/class/net > /net',
      'RUN --security=insecure grep CapEff /proc/self/status > /caps',
    ]
    const refused = await user.sampan(['build', contextOf(lines)])
    expect(refused.stderr).toContain('security.insecure is not allowed')
    await user.ok(['build', '-t', 'built', '--allow', 'security.insecure', contextOf(lines)])
    expect(await run('cat', '/net')).toBe('lo')
    expect(await run('cat', '/caps')).toMatch(/CapEff:\t0+1f{10}/)
  })

  test('--squash makes one layer of what was added, --squash-all of everything', async () => {
    const lines = [
      'RUN echo a > /a && echo gone > /gone',
      'RUN rm /gone /bin/busybox.list 2>/dev/null; rm -r /home; echo b > /b',
      'LABEL last=1',
    ]
    const base = Number(await user.ok(['inspect', '--format', '{{len .RootFS.Layers}}', image]))
    expect(await built(['--squash'], lines, '{{len .RootFS.Layers}}')).toBe(String(base + 1))
    expect(await run('sh', '-c', 'cat /a /b; ls -d /gone /home 2>/dev/null | wc -l')).toBe('a\nb\n0')
    expect(await built(['--squash-all'], lines, '{{len .RootFS.Layers}}')).toBe('1')
    expect(await run('sh', '-c', 'cat /a /b; ls -d /gone /home 2>/dev/null | wc -l')).toBe('a\nb\n0')
  })

  test('--format docker has docker’s media types', async () => {
    await user.ok(['build', '-t', 'built', '--format', 'docker', contextOf(['RUN : > /docker'])])
    const archive = join(user.home, 'docker.tar')
    await user.ok(['save', '--format', 'docker-archive', '-o', archive, 'built'])
    expect(await run('ls', '/docker')).toBe('/docker')
    const manifest = await user.run([
      'sh',
      '-c',
      `grep -l docker.distribution.manifest.v2 ${user.root}/oci/blobs/sha256/* | wc -l`,
    ])
    expect(Number(manifest.stdout)).toBeGreaterThan(0)
  })

  test('dates come from the base, from --timestamp, from SOURCE_DATE_EPOCH, or from the clock', async () => {
    const lines = ['RUN : > /file']
    const created = '{{.Created}}'
    const base = await user.ok(['inspect', '--format', created, image])
    expect((await built([], lines, created)).slice(0, 19)).toBe(base.slice(0, 19))
    expect(await run('stat', '-c', '%Y', '/file')).toBe(String(Math.floor(Date.parse(base) / 1000)))
    expect(await built(['--timestamp', '1000000000'], lines, created)).toMatch(/^2001-09-09T01:46:40/)
    expect(await run('stat', '-c', '%Y', '/file')).toBe('1000000000')
    await user.ok(['build', '-t', 'built', contextOf(lines)], { env: { SOURCE_DATE_EPOCH: '1100000000' } })
    expect(await run('stat', '-c', '%Y', '/file')).toBe('1100000000')
    const before = Math.floor(Date.now() / 1000)
    await built(['--rewrite-timestamp=false', '--no-cache'], lines, created)
    expect(Number(await run('stat', '-c', '%Y', '/file'))).toBeGreaterThanOrEqual(before)
  })

  test('--from takes the place of the first base, --target ends early', async () => {
    await user.ok(['build', '-t', 'other', contextOf(['RUN echo other > /which'])])
    await user.ok(['build', '-t', 'built', '--from', 'other', contextOf(['RUN cp /which /copy'])])
    expect(await run('cat', '/copy')).toBe('other')
    const lines = ['RUN : > /early', `FROM ${image} AS late`, 'RUN exit 1']
    await user.ok(['build', '-t', 'built', '--target', '0', contextOf(lines)])
    expect(await run('ls', '/early')).toBe('/early')
    expect((await user.sampan(['build', '--target', 'absent', contextOf(lines)])).stderr).toContain(
      'target stage "absent" could not be found',
    )
  })

  test('what is not done is refused by a sentence', async () => {
    const refused = [
      [['--policy', 'file'], '--policy is not supported'],
      [['--hooks-dir', 'hooks'], '--hooks-dir is not supported'],
      [['--isolation', 'chroot'], '--isolation chroot is not supported'],
      [['--format', 'v2s1'], 'unrecognized image type "v2s1"'],
    ] as const
    for (const [args, sentence] of refused) {
      const { code, stderr } = await user.sampan(['build', ...args, contextOf([])])
      expect({ code, stderr }).toMatchObject({ code: 125, stderr: expect.stringContaining(sentence) })
    }
    expect(
      await user.sampan(['build', '--provenance=false', '--sbom=false', '--rm', '--force-rm', contextOf([])]),
    ).toMatchObject({ code: 0 })
  })

  test('a RUN for another kind of machine says what is missing', async () => {
    const other = process.arch === 'arm64' ? 'amd64' : 'arm64'
    user.file('foreign/Dockerfile', 'FROM scratch\nCOPY file /file\nCMD ["/file"]\n')
    user.file('foreign/file', 'x')
    await user.ok(['build', '-t', 'foreign', '--platform', `linux/${other}`, join(user.folder, 'foreign')])
    expect(await user.ok(['inspect', '--format', '{{.Architecture}}', 'foreign'])).toBe(other)
    user.file('foreign/Dockerfile', 'FROM foreign\nRUN true\n')
    const { code, stderr } = await user.sampan([
      'build',
      '--platform',
      `linux/${other}`,
      join(user.folder, 'foreign'),
    ])
    expect(code).not.toBe(0)
    expect(stderr).toContain(`linux/${other}`)
    expect(stderr).toContain('binfmt')
  })
})
