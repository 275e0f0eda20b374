import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { differentHost } from '../support/host.ts'
import { busybox, busyboxArchive } from '../support/images.ts'
import { asRoot, testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let contexts = 0

function contextOf(lines: readonly string[]): string {
  contexts += 1
  user.file(`context-${contexts}/Dockerfile`, `${[`FROM ${image}`, ...lines].join('\n')}\n`)
  return join(user.folder, `context-${contexts}`)
}

/** What builds leave while they run: containers, layers half made, secrets. */
function remains(): string[] {
  const list = (path: string) => (existsSync(path) ? readdirSync(path) : [])
  return [
    join(user.root, 'build/containers'),
    join(user.root, 'build/names'),
    join(user.root, 'layers'),
    join(user.root, 'oci/partial'),
    join(user.runtime, 'sampan/c'),
  ]
    .flatMap((folder) => list(folder).map((name) => join(folder, name)))
    .filter((path) => !/layers\/[0-9a-f]+(\.lock)?$/.test(path))
}

describe('a word that is wrong', () => {
  const cases = [
    ['EXPOSE 99999', 1, 'invalid containerPort: 99999'],
    ['  STOPSIGNAL FOO', 3, 'Invalid signal: FOO'],
    ['COPY --chmod=9z Dockerfile /x', 1, '--chmod=9z is no mode'],
    ['COPY nothing /x', 6, '"/nothing": not found'],
  ] as const
  test.each(cases)(
    '%s is shown in its line, and the command line is not blamed',
    async (line, column, message) => {
      const { code, stderr } = await user.sampan(['build', contextOf([line])])
      expect(code).toBe(1)
      expect(stderr).toContain(`Error: failed to solve: `)
      expect(stderr).toContain(message)
      expect(stderr).toContain(`Dockerfile:2:${column}\n`)
      expect(stderr).not.toContain('--help')
    },
  )
})

describe('a RUN that fails', () => {
  test('shows its place, its last lines, and a command that runs it again', async () => {
    const context = contextOf([
      'ARG WORD=x',
      'ENV A="b c"',
      'WORKDIR /work',
      'RUN echo "said $WORD $A in $PWD" && exit 7',
      'RUN true',
    ])
    const { code, stderr } = await user.sampan(['build', '--build-arg', 'WORD=given', context])
    expect(code).toBe(1)
    expect(stderr).toContain(
      '------\n > [3/4] RUN echo "said $WORD $A in $PWD" && exit 7:\nsaid given b c in /work\n------\n',
    )
    expect(stderr).toMatch(
      /Dockerfile:5:1\n-+\n +3 \| {5}ENV A="b c"\n +4 \| {5}WORKDIR \/work\n +5 \| >>> RUN echo/,
    )
    expect(stderr).toMatch(
      /Error: failed to solve: process "\/bin\/sh -c echo .*" did not complete successfully: exit code: 7\n$/,
    )
    const again = /Try it again by hand:\n {2}sampan (.*)\n/.exec(stderr)?.[1] ?? ''
    const retried = await user.run(['sh', '-c', `${user.executable} ${again.replace('-it ', '')}`])
    expect(retried).toMatchObject({ code: 7, stdout: 'said given b c in /work\n' })
    expect(remains()).toEqual([])
  })

  test('is run again with the files and the network it had', async () => {
    const context = contextOf([
      'RUN --network=none --mount=target=/src,ro --mount=type=tmpfs,target=/fast --mount=type=secret,id=key ' +
        'echo made > /fast/a && cat /src/file /fast/a /run/secrets/key && ip route | wc -l && exit 3',
    ])
    user.file(`context-${contexts}/file`, 'of the context\n')
    const secret = user.file('key', 'secret\n')
    const { stderr } = await user.sampan(['build', '--secret', `id=key,src=${secret}`, context])
    expect(stderr).toContain('It had /run/secrets/key, too: mount a file of yours there')
    const again = /Try it again by hand:\n {2}sampan (.*)\n/.exec(stderr)?.[1] ?? ''
    const line = again.replace('-it ', `-v ${secret}:/run/secrets/key `)
    const retried = await user.run(['sh', '-c', `${user.executable} ${line}`])
    expect(retried).toMatchObject({ code: 3, stdout: 'of the context\nmade\nsecret\n0\n' })
  })

  test('that is a heredoc with an interpreter is run again from the line that is shown', async () => {
    const context = contextOf(['RUN <<END', '#!/bin/sh -e', 'echo "it says $PWD"', 'false', 'END'])
    const { stderr } = await user.sampan(['build', context])
    const again = /Try it again by hand:\n {2}sampan (run .*?\nEND)\n/s.exec(stderr)?.[1] ?? ''
    const retried = await user.run(['sh', '-c', `${user.executable} ${again}`])
    expect(retried).toMatchObject({ code: 1, stdout: 'it says /\n' })
  })

  test('stops the others, which say that they were', async () => {
    const context = contextOf([
      'RUN echo waiting; while :; do sleep 0.1; done',
      `FROM ${image} AS fails`,
      'RUN echo ends; sleep 1; exit 3',
      `FROM ${image}`,
      'COPY --from=0 /x /x',
      'COPY --from=fails /x /y',
    ])
    const { stderr } = await user.sampan(['build', context])
    expect(stderr).toMatch(/#(\d+) \[stage-0 2\/2\] RUN echo waiting[\s\S]*#\1 CANCELED\n/)
    expect(stderr.match(/ERROR: .*/g)).toHaveLength(1)
    // Nothing is shown as begun that waits for another stage.
    expect(stderr).not.toContain('COPY --from=0 /x /x\n#')
  })

  test('ends as the program did where docker and podman did', async () => {
    const context = contextOf(['RUN exit 7'])
    const classic = await user.sampan(['build', '--progress=classic', context])
    expect(classic.code).toBe(7)
    expect(classic.stderr).toContain("The command '/bin/sh -c exit 7' returned a non-zero code: 7")
  })

  test('names a program that is not there', async () => {
    const { code, stderr } = await user.sampan(['build', contextOf(['RUN ["/no/such"]'])])
    expect(code).not.toBe(0)
    expect(stderr).toContain('exec: "/no/such": stat /no/such: no such file or directory')
    expect(remains()).toEqual([])
  })

  test('is kept with what it had written when asked', async () => {
    const context = contextOf(['RUN echo half > /half && exit 1'])
    const { stderr } = await user.sampan(['build', '--keep-failed', context])
    const look = /Look at what it left:\n {2}sampan (.*)\n/.exec(stderr)?.[1] ?? ''
    const found = await user.run([
      'sh',
      '-c',
      `${user.executable} ${look.replace('-it ', '')} -c 'cat /half'`,
    ])
    expect(found.stdout).toBe('half\n')
  })

  test('is not in the cache', async () => {
    const context = contextOf([
      'RUN --mount=type=cache,id=once,target=/c test -e /c/seen || { : > /c/seen; exit 1; }',
    ])
    expect(await user.sampan(['build', context])).toMatchObject({ code: 1 })
    expect(await user.sampan(['build', context])).toMatchObject({ code: 0 })
  })

  test('opens a shell in what it left with --debug-shell', async () => {
    const context = contextOf(['ARG WORD=word', 'WORKDIR /work', 'RUN echo left > file && exit 1'])
    const session = user.terminal(['build', '--debug-shell', context])
    await session.waitFor('/work # ')
    session.type('echo "<$(cat file) $WORD $PWD>"\r')
    await session.waitFor('<left word /work>')
    session.type('exit 3\r')
    expect(await session.exited()).toBe(3)
  })
})

describe('a full disk', () => {
  test.runIf(asRoot)('ends a RUN with what is full and what to do, and leaves room', async () => {
    await using host = await differentHost(user, { dataBytes: 24_000_000 })
    await host.user.ok(['load', '-q', '-i', busyboxArchive])
    const context = contextOf(['RUN dd if=/dev/zero of=/big bs=1M count=100'])
    const { code, stderr } = await host.user.sampan(['build', context])
    expect(code).toBe(1)
    expect(stderr).toContain('No space left on device')
    expect(stderr).toMatch(/The disk of .* is full: `sampan builder prune`/)
    expect(await host.user.sampan(['build', '-t', 'small', contextOf(['RUN : > /small'])])).toMatchObject({
      code: 0,
    })
  })
})

describe('a build that is interrupted', () => {
  test('leaves no container, and no step half made', async () => {
    const context = contextOf(['RUN : > /first', 'RUN echo waiting; trap "" INT TERM; sleep 60'])
    const build = user.start(['build', context])
    await build.waitFor(/ waiting$/m)
    build.signalGroup('SIGINT')
    expect(await build.exited()).toBe(130)
    expect(await build.stderr()).toContain('context canceled')
    expect(remains()).toEqual([])
    const again = user.start(['build', context])
    await again.waitFor(/RUN : > \/first\n#\d+ CACHED[\s\S]* waiting$/m)
    again.signalGroup('SIGINT')
    await again.exited()
  })

  test('is swept up by the next one when it was killed', async () => {
    const build = user.start(['build', contextOf(['RUN echo waiting; sleep 60'])])
    await build.waitFor(/ waiting$/m)
    build.signal('SIGKILL')
    await build.exited()
    expect(remains()).not.toEqual([])
    await user.ok(['build', contextOf(['RUN true'])])
    expect(remains()).toEqual([])
  })

  test('a failure in one stage stops the others', async () => {
    const context = contextOf([
      'RUN sleep 60',
      `FROM ${image} AS other`,
      'RUN sleep 0.3; exit 9',
      `FROM ${image}`,
      'COPY --from=0 / /a',
      'COPY --from=other / /b',
    ])
    const { code, stderr } = await user.sampan(['build', context])
    expect(code).toBe(1)
    expect(stderr).toContain('exit code: 9')
    expect(remains()).toEqual([])
  })
})
