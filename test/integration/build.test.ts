import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let contexts = 0

/** A folder with these files. */
function contextOf(files: Readonly<Record<string, string>>): string {
  contexts += 1
  const folder = user.makeFolder(`context-${contexts}`)
  for (const [name, content] of Object.entries(files)) user.file(`context-${contexts}/${name}`, content)
  return folder
}

async function idOf(name: string): Promise<string> {
  return (await user.ok(['inspect', '--format', '{{.Id}}', name])).trim()
}

describe('build', () => {
  test('makes an image of what the instructions say', async () => {
    const context = contextOf({
      Dockerfile: `FROM ${image}
ENV GREETING=hello
WORKDIR /work
RUN echo "$GREETING" > made
COPY file copied/
CMD ["cat", "made", "copied/file"]
`,
      file: 'from the context\n',
    })
    await user.ok(['build', '-t', 'first', context])
    expect(await user.ok(['run', '--rm', 'first'])).toBe('hello\nfrom the context')
  })

  test('gives the same id to the same build, from the cache and without it', async () => {
    const context = contextOf({
      Dockerfile: `FROM ${image}\nRUN mkdir /new && date > /new/file\nRUN rm /new/file\n`,
    })
    await user.ok(['build', '-t', 'same', context])
    const first = await idOf('same')
    const cached = await user.sampan(['build', '-t', 'same', context])
    expect(cached.stderr).toMatch(/\[2\/3\] RUN mkdir .*\n#\d+ CACHED/)
    expect(await idOf('same')).toBe(first)
    const again = contextOf({
      Dockerfile: `FROM ${image}\nRUN mkdir /new && : > /new/file\nRUN rm /new/file\n`,
    })
    await user.ok(['build', '--no-cache', '-t', 'again', again])
    await user.ok(['build', '--no-cache', '-t', 'again2', again])
    expect(await idOf('again2')).toBe(await idOf('again'))
  })

  test('leaves out the stages that the target does not need', async () => {
    const context = contextOf({
      Dockerfile: `FROM ${image} AS broken\nRUN exit 3\nFROM ${image} AS good\nRUN : > /good\nFROM good\nRUN ls /good\n`,
    })
    const { code, stderr } = await user.sampan(['build', '-t', 'stages', context])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).not.toContain('exit 3')
  })

  test('copies from another stage and from an image', async () => {
    const context = contextOf({
      Dockerfile: `FROM ${image} AS builder\nRUN echo built > /built\nFROM ${image}\nCOPY --from=builder /built /a\nCOPY --from=${image} /bin/busybox /b\n`,
    })
    await user.ok(['build', '-t', 'copies', context])
    expect(
      await user.ok(['run', '--rm', 'copies', 'sh', '-c', 'cat /a; test -x /b && echo executable']),
    ).toBe('built\nexecutable')
  })

  test('says which command of RUN failed and with what code', async () => {
    const context = contextOf({ Dockerfile: `FROM ${image}\nRUN echo words; exit 7\n` })
    const { code, stderr } = await user.sampan(['build', context])
    expect(code).toBe(1)
    expect(stderr).toContain('words')
    expect(stderr).toContain(
      'process "/bin/sh -c echo words; exit 7" did not complete successfully: exit code: 7',
    )
  })

  test('leaves no container, and no mark of one in the image', async () => {
    const context = contextOf({ Dockerfile: `FROM ${image}\nRUN : > /only\n` })
    await user.ok(['build', '-t', 'clean', context])
    expect(await user.ok(['ps', '-aq'])).toBe('')
    const { stdout } = await user.sampan(['image', 'diff', 'clean', image])
    expect(stdout).toBe('A /only\n')
  })

  test('shows what tutorials show when asked for the classic progress, and names images on the way', async () => {
    const context = contextOf({ Dockerfile: `FROM ${image}\nRUN echo words > /x && cat /x\nCMD ["x"]\n` })
    const { stdout } = await user.sampan(['build', '-t', 'tutorial', context], {
      env: { DOCKER_BUILDKIT: '0' },
    })
    expect(stdout).toMatch(
      /^Step 1\/3 : FROM busybox\n ---> [0-9a-f]{12}\nStep 2\/3 : RUN .*\n ---> Running in [0-9a-f]{12}\nwords\n ---> Removed intermediate container [0-9a-f]{12}\n ---> [0-9a-f]{12}\nStep 3\/3 : CMD \["x"\]\n ---> ([0-9a-f]{12})\nSuccessfully built \1\nSuccessfully tagged tutorial:latest\n$/,
    )
  })

  test('draws on a terminal, and leaves the steps standing', async () => {
    const context = contextOf({ Dockerfile: `FROM ${image}\nRUN echo drawn; sleep 3\n` })
    const session = user.terminal(['build', '--no-cache', context])
    await session.waitFor('# drawn')
    expect(await session.exited()).toBe(0)
    await session.waitFor(/=> \[2\/2\] RUN echo drawn; sleep 3/)
  })

  for (const driver of ['vfs', 'fuse-overlayfs']) {
    test(`works with the storage driver ${driver}`, async () => {
      const context = contextOf({
        Dockerfile: `FROM ${image}\nRUN echo new > /new && rm -r /home\nCOPY file /file\nRUN cat /new /file > /both && rm /new\n`,
        file: 'copied\n',
      })
      await user.ok(['--storage-driver', driver, 'build', '--no-cache', '-t', 'driven', context])
      const script = 'cat /both; ls -d /home /new 2>/dev/null | wc -l'
      expect(await user.ok(['run', '--rm', 'driven', 'sh', '-c', script])).toBe('new\ncopied\n0')
    })
  }
})
