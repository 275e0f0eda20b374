/** COPY, ADD and contexts of `build`, seen from a container of what was built. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dataFolder, differentHost } from '../support/host.ts'
import { busybox } from '../support/images.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let builds = 0

/** Files below a new folder; content `-> x` makes a link. */
async function contextOf(files: Readonly<Record<string, string>>): Promise<string> {
  builds += 1
  const name = `context-${builds}`
  const folder = user.makeFolder(name)
  for (const [path, content] of Object.entries(files)) {
    if (path.includes('/')) user.makeFolder(join(name, path, '..'))
    if (content.startsWith('-> ')) await user.run(['ln', '-s', content.slice(3), join(folder, path)])
    else user.file(`${name}/${path}`, content)
  }
  return folder
}

/** Builds and returns what a shell command says in a container of it. */
async function built(context: string, script: string, ...words: string[]): Promise<string> {
  const tag = `copy-${builds}`
  await user.ok(['build', '-q', '-t', tag, ...words, context])
  return await user.ok(['run', '--rm', '--network', 'none', tag, 'sh', '-c', script])
}

const stat = (...paths: string[]) => `stat -c '%n %a %u:%g' ${paths.join(' ')}`

describe('COPY', () => {
  test('files of the context are root`s, with the modes they have', async () => {
    const context = await contextOf({
      Dockerfile: `FROM ${image}\nCOPY . /app\nCOPY --chmod=u=rwx,go= run /bin/tool\nCOPY --chown=7:8 d /srv/new\n`,
      run: '#!/bin/sh\n',
      'd/f': 'F\n',
      'd/link': '-> f',
    })
    await user.run(['chmod', '4711', join(context, 'run')])
    expect(
      await built(
        context,
        `${stat('/app', '/app/run', '/app/d/f', '/bin/tool', '/srv', '/srv/new/f')}; readlink /app/d/link`,
      ),
    ).toBe(
      [
        '/app 755 0:0',
        '/app/run 4711 0:0',
        '/app/d/f 644 0:0',
        '/bin/tool 700 0:0',
        '/srv 755 7:8',
        '/srv/new/f 644 7:8',
        'f',
      ].join('\n'),
    )
  })

  test('from another stage and an image: owners stay, private files too', async () => {
    const context = await contextOf({
      Dockerfile: `FROM ${image} AS made
RUN mkdir -p /out/deep && echo secret > /out/deep/key && chmod 600 /out/deep/key && chown 70:71 /out/deep /out/deep/key
FROM ${image}
COPY --from=made /out /in
COPY --from=0 /out/deep/k* /one
COPY --from=${image} /bin/busybox /copied
`,
    })
    expect(
      await built(
        context,
        `${stat('/in', '/in/deep', '/in/deep/key', '/one')}; cat /one; cmp /copied /bin/busybox`,
      ),
    ).toBe(
      ['/in 755 0:0', '/in/deep 755 70:71', '/in/deep/key 600 70:71', '/one 600 70:71', 'secret'].join('\n'),
    )
  })

  test('names of --chown are those of the image, as the steps before left it', async () => {
    const dockerfile = (name: string) =>
      `FROM ${image}\nRUN echo web:x:33:34::/:/bin/sh >> /etc/passwd\nCOPY --chown=${name} a /a\n`
    const context = await contextOf({ Dockerfile: dockerfile('web'), Nobody: dockerfile('nobody1'), a: '' })
    expect(await built(context, stat('/a'))).toBe('/a 644 33:34')
    const { code, stderr } = await user.sampan(['build', '-f', join(context, 'Nobody'), context])
    expect([code, stderr]).toEqual([1, expect.stringContaining('unable to find user nobody1')])
  })

  test('a folder that lower layers have keeps its mode, and shows what it had', async () => {
    const context = await contextOf({
      Dockerfile: `FROM ${image}\nRUN mkdir -m 1777 /t && echo old > /t/old && ln -s t /l\nCOPY a b* /l/\n`,
      a: 'A\n',
      b1: 'B\n',
    })
    expect(await built(context, `${stat('/t')}; ls /t; readlink /l`)).toBe('/t 1777 0:0\na\nb1\nold\nt')
  })

  test('is taken from the cache as long as names, modes and bytes are the same', async () => {
    const context = await contextOf({ Dockerfile: `FROM ${image}\nCOPY a d /x/\n`, a: 'A\n', 'd/b': 'B\n' })
    const build = async () => (await user.sampan(['build', '-t', 'cached', context])).stderr
    await build()
    await user.run(['touch', '-d', '2001-01-01', join(context, 'a')])
    expect(await build()).toContain('CACHED')
    await user.run(['chmod', '600', join(context, 'd/b')])
    expect(await build()).not.toMatch(/COPY.*\n#\d+ CACHED/)
    expect(await user.ok(['run', '--rm', '--network', 'none', 'cached', 'stat', '-c', '%a', '/x/b'])).toBe(
      '600',
    )
  })

  test('what .dockerignore leaves out is not there; that of the Dockerfile comes first', async () => {
    const context = await contextOf({
      Dockerfile: `FROM ${image}\nCOPY . /x/\n`,
      'other.dockerignore': '**\n!a\n',
      other: `FROM ${image}\nCOPY . /x/\n`,
      '.dockerignore': '*\n!d/keep\n',
      a: '',
      'd/keep': '',
      'd/gone': '',
    })
    expect(await built(context, 'cd /x; find | sort')).toBe('.\n./d\n./d/keep')
    expect(await built(context, 'cd /x; find | sort', '-f', join(context, 'other'))).toBe('.\n./a')
    user.file(`context-${builds}/mine`, 'a\nD*\no*\n.d*\n')
    expect(await built(context, 'cd /x; find | sort', '--ignorefile', join(context, 'mine'))).toBe(
      '.\n./d\n./d/gone\n./d/keep\n./mine',
    )
    const { code, stderr } = await user.sampan(['build', '-f', '-', context], {
      input: `FROM ${image}\nCOPY a /\n`,
    })
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('.dockerignore leaves it out by the pattern "*"'),
    ])
  })

  test.runIf(asRoot)('a full disk is said, and leaves the room that was taken', async () => {
    const context = await contextOf({
      Dockerfile: 'FROM scratch\nCOPY . /x\n',
      a: 'A',
      big: 'x'.repeat(40_000_000),
    })
    await using host = await differentHost(user, { dataBytes: 24_000_000 })
    const { code, stderr } = await host.user.sampan(['build', context])
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^Error: failed to solve: COPY to \/x: "\/x\/big": the disk is full$/m),
    ])
    const used = await host.user.run(['du', '-sk', dataFolder(user)])
    expect(Number.parseInt(used.stdout, 10)).toBeLessThan(2000)
  })

  test('ctrl-c ends what is being fetched, and leaves nothing of it', async () => {
    let asked = () => {}
    const reached = new Promise<void>((resolve) => {
      asked = resolve
    })
    const server = createServer((_, response) => {
      response.writeHead(200).write('the first of many')
      asked()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const context = await contextOf({ Dockerfile: `FROM scratch\nADD http://127.0.0.1:${port}/x /x\n` })
    const build = user.start(['build', context])
    await reached
    build.signal('SIGINT')
    expect(await build.exited()).toBe(130)
    expect(readdirSync(join(user.root, 'build/fetched'))).toEqual([])
    server.closeAllConnections()
    server.close()
  })

  test('ctrl-c ends a build that reads more than anybody waits for', async () => {
    const context = await contextOf({ Dockerfile: 'FROM scratch\nCOPY endless /x\n', endless: '' })
    truncateSync(join(context, 'endless'), 4e12)
    const build = user.start(['build', '--progress', 'plain', context])
    await build.waitFor('COPY endless')
    build.signal('SIGINT')
    expect(await build.exited()).toBe(130)
  })

  test('files that have been read once are not read again, whatever other COPY is in the build', async () => {
    const context = await contextOf({
      Dockerfile: `FROM ${image}\nCOPY one /\nCOPY . /all\n`,
      one: '1',
      two: '2',
    })
    const known = () => {
      const folder = join(user.root, 'build/digests')
      if (!existsSync(folder)) return []
      return readdirSync(folder).map(
        (name) => readFileSync(join(folder, name), 'utf8').split('\n').length - 1,
      )
    }
    const before = known()
    // A file that was changed a moment ago could change again without a sign of it: it is read once more.
    const again = async () => {
      await user.ok(['build', '-q', context])
      return known().sort()
    }
    await expect.poll(again, { timeout: 20_000 }).toEqual([...before, 1, 3].sort())
  })

  test('ADD unpacks what is an archive, as root`s own process would', async () => {
    const context = await contextOf({
      Dockerfile: `FROM ${image}\nRUN mkdir -p /usr/share && ln -s usr/share /s\nADD things /\nADD --chown=5:6 things /d/\n`,
      'p/s/f': 'F\n',
    })
    execFileSync('tar', [
      '--owner=9:9',
      '--group=10:10',
      '-czf',
      join(context, 'things'),
      '-C',
      join(context, 'p'),
      's/f',
    ])
    expect(await built(context, `readlink /s; ${stat('/usr/share/f', '/d/s/f')}`)).toBe(
      'usr/share\n/usr/share/f 644 9:10\n/d/s/f 644 5:6',
    )
  })
})

test('every storage driver makes the same files; those with layers the same image', async () => {
  const context = await contextOf({
    Dockerfile: `FROM ${image} AS src
RUN mkdir /x && echo hi > /x/b
FROM ${image}
COPY --chown=5:6 a /x/a
RUN echo hi > /x/b && rm /bin/ls && rm -r /home && mkdir /home && chmod 700 /x
COPY --from=src /x/b /bin/ls
`,
    a: 'A\n',
  })
  const fuse = existsSync('/usr/bin/fuse-overlayfs') ? ['fuse-overlayfs'] : []
  const ids: string[] = []
  for (const driver of ['overlay', ...fuse, 'vfs']) {
    ids.push(await user.ok(['--storage-driver', driver, 'build', '-q', '--no-cache', '-t', 'same', context]))
    const script = `cat /x/a /x/b /bin/ls; ${stat('/x', '/x/a', '/home')}; cd /home && find .`
    expect(await user.ok(['run', '--rm', '--network', 'none', 'same', 'sh', '-c', script])).toBe(
      'A\nhi\nhi\n/x 700 5:6\n/x/a 644 5:6\n/home 755 0:0\n.',
    )
  }
  expect(new Set(ids.slice(0, -1)).size).toBe(1)
})

describe('a context', () => {
  test('on standard input: a Dockerfile, or an archive with one in it', async () => {
    builds += 1
    const dockerfile = `FROM ${image}\nRUN echo hi > /hi\n`
    await user.ok(['build', '-q', '-t', 'stdin', '-'], { input: dockerfile })
    expect(await user.ok(['run', '--rm', '--network', 'none', 'stdin', 'cat', '/hi'])).toBe('hi')
    const context = await contextOf({ 'dev/Dockerfile': `FROM ${image}\nCOPY a /a\n`, a: 'A\n' })
    const archive = join(context, '../archive.tgz')
    execFileSync('tar', ['-czf', archive, '-C', context, '.'])
    const input = readFileSync(archive)
    await user.ok(['build', '-q', '-t', 'stdin', '-f', 'dev/Dockerfile', '-'], { input })
    expect(await user.ok(['run', '--rm', '--network', 'none', 'stdin', 'cat', '/a'])).toBe('A')
    execFileSync('ln', ['-sf', '/etc/passwd', join(context, 'dev/Dockerfile')])
    execFileSync('tar', ['-czf', archive, '-C', context, '.'])
    for (const file of ['dev/Dockerfile', '../../../../../../../../../../etc/passwd']) {
      const out = await user.sampan(['build', '-f', file, '-'], { input: readFileSync(archive) })
      expect(out.stderr).toContain(`${file} leads out of the context`)
    }
    const both = await user.sampan(['build', '-f', '-', '-'], { input })
    expect([both.code, both.stderr]).toEqual([125, expect.stringContaining("can't use stdin for both")])
  })

  test('in git, by branch and folder', async () => {
    const folder = await contextOf({ 'app/Containerfile': `FROM ${image}\nCOPY . /x\n`, 'app/a': 'A\n' })
    const git = (...words: string[]) =>
      user.run(['git', '-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@x', ...words])
    await git('init', '-q', '-b', 'trunk')
    await git('add', '.')
    await git('commit', '-qm', 'one')
    const bare = `${folder}.git`
    await user.run(['git', 'clone', '-q', '--bare', folder, bare])
    expect(await built(`file://${bare}#trunk:app`, 'ls /x')).toBe('Containerfile\na')
  })

  test('in git behind a plain web server; its own complaint is shown, not its advice', async () => {
    const folder = await contextOf({ Dockerfile: `FROM ${image}\nCOPY a /a\n`, a: 'A\n' })
    const git = (...words: string[]) =>
      user.run(['git', '-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@x', ...words])
    await git('init', '-q', '-b', 'trunk')
    await git('add', '.')
    await git('commit', '-qm', 'one')
    await user.run(['git', 'clone', '-q', '--bare', folder, `${folder}.git`])
    await user.run(['git', '-C', `${folder}.git`, 'update-server-info'])
    const server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(dirname(folder), new URL(`http://x${request.url}`).pathname)))
      } catch {
        response.writeHead(404).end()
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      expect(await built(`http://127.0.0.1:${port}/${basename(folder)}.git#trunk`, 'cat /a')).toBe('A')
    } finally {
      server.close()
    }
    const { stderr } = await user.sampan(['build', `file://${folder}-none.git`])
    expect(stderr).toContain('fatal: ')
    expect(stderr).not.toContain('and the repository exists')
  })

  test('that is a Dockerfile, as in the tutorial', async () => {
    const context = await contextOf({ mine: `FROM ${image}\nCOPY a /a\n`, a: 'A\n' })
    expect(await built(join(context, 'mine'), 'cat /a')).toBe('A')
  })

  test('under a name: a folder, an image, a layout', async () => {
    const context = await contextOf({
      Dockerfile: `FROM base\nCOPY --from=files a /a\nCOPY --from=layout /a /b\n`,
      'more/a': 'A\n',
      'more/.dockerignore': 'b\n',
    })
    const words = (layout: string) => [
      '--build-context',
      `base=docker-image://${image}`,
      '--build-context',
      `files=${context}/more`,
      '--build-context',
      `layout=oci-layout://${layout}`,
    ]
    const first = await contextOf({ Dockerfile: `FROM ${image}\nCOPY a /a\n`, a: 'L\n' })
    await user.ok(['build', '-q', '-t', 'forlayout', first])
    const layout = join(first, '../layout')
    await user.ok(['save', '--format', 'oci-dir', '-o', layout, 'forlayout'])
    expect(await built(context, 'cat /a /b', ...words(`${layout}:latest`))).toBe('A\nL')
  })

  test.each([
    ['nowhere', 'unable to prepare context: path "nowhere" not found'],
    ['/var/empty-or-not', 'not found'],
  ])('that is not there is said: %s', async (words, sentence) => {
    const { code, stderr } = await user.sampan(['build', words])
    expect([code, stderr]).toEqual([1, expect.stringContaining(sentence)])
  })

  test('without a Dockerfile is said, and what climbs out is not found', async () => {
    const empty = await contextOf({ a: '' })
    const none = await user.sampan(['build', empty])
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining('failed to read dockerfile: open Dockerfile: no such file or directory'),
    ])
    const out = await contextOf({ Dockerfile: `FROM ${image}\nCOPY ../context-1 /x\n`, l: '-> /etc/passwd' })
    const climbs = await user.sampan(['build', out])
    expect(climbs.stderr).toContain('a path cannot lead out of the context')
    const link = await user.sampan(['build', '-f', '-', out], { input: `FROM ${image}\nCOPY l /x\n` })
    expect(link.stderr).toContain('"/l": not found')
  })
})
