import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let contexts = 0

function contextOf(lines: readonly string[], files: Readonly<Record<string, string>> = {}): string {
  contexts += 1
  const folder = user.makeFolder(`context-${contexts}`)
  user.file(`context-${contexts}/Dockerfile`, `${[`FROM ${image}`, ...lines].join('\n')}\n`)
  for (const [name, content] of Object.entries(files)) user.file(`context-${contexts}/${name}`, content)
  return folder
}

/** The steps that were taken from the cache, of those that write files. */
async function cached(args: readonly string[]): Promise<string[]> {
  const { code, stderr } = await user.sampan(['build', ...args])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const names = new Map(
    [...stderr.matchAll(/^#(\d+) \[[^\]]*\] (.*)$/gm)].map(([, number, name]) => [number, name]),
  )
  return [...stderr.matchAll(/^#(\d+) CACHED$/gm)].flatMap(([, number]) => names.get(number) ?? [])
}

const layers = () => readdirSync(join(user.root, 'layers')).filter((name) => /^[0-9a-f]{64}$/.test(name))

describe('the build cache', () => {
  test('knows a step again by what is in its files, not by when they were changed', async () => {
    const lines = ['COPY file /file', 'RUN cat /file']
    const folder = contextOf(lines, { file: 'same' })
    await cached([folder])
    user.file(`context-${contexts}/file`, 'same')
    expect(await cached([folder])).toEqual([`FROM ${image}`, ...lines])
    user.file(`context-${contexts}/file`, 'other')
    expect(await cached([folder])).toEqual([`FROM ${image}`])
  })

  test('a label or a command changes nothing for the steps after it', async () => {
    await cached([contextOf(['LABEL a=1', 'RUN : > /labelled'])])
    expect(await cached([contextOf(['LABEL a=2', 'CMD ["x"]', 'RUN : > /labelled'])])).toContain(
      'RUN : > /labelled',
    )
  })

  test('another value of an ARG is another step', async () => {
    const folder = contextOf(['ARG WORD=a', 'RUN echo $WORD > /word'])
    await cached([folder])
    expect(await cached(['--build-arg', 'WORD=b', folder])).toEqual([`FROM ${image}`])
    expect(await cached(['--build-arg', 'WORD=b', folder])).toContain('RUN echo $WORD > /word')
  })

  test('outlives the image', async () => {
    const folder = contextOf(['RUN echo kept > /kept'])
    await cached(['-t', 'goes', folder])
    await user.ok(['rmi', 'goes'])
    expect(await cached(['-t', 'goes', folder])).toContain('RUN echo kept > /kept')
    expect(await user.ok(['run', '--rm', 'goes', 'cat', '/kept'])).toBe('kept')
  })

  test('--no-cache runs every step, --no-cache-filter those of a stage', async () => {
    const folder = contextOf([
      'RUN echo one > /one',
      `FROM ${image} AS second`,
      'COPY --from=0 /one /',
      'RUN echo two > /two',
    ])
    await cached([folder])
    expect(await cached(['--no-cache', folder])).toEqual([`FROM ${image}`, `FROM ${image} AS second`])
    const some = await cached(['--no-cache-filter', 'second', folder])
    expect(some).toContain('RUN echo one > /one')
    expect(some).not.toContain('RUN echo two > /two')
  })

  test('a record that was damaged by hand, or whose layer was, is made again', async () => {
    const folder = contextOf(['RUN echo precious > /precious'])
    await cached(['-t', 'mended', folder])
    const cache = join(user.root, 'build/cache')
    for (const name of readdirSync(cache)) writeFileSync(join(cache, name), '{"version":1')
    expect(await cached(['-t', 'mended', folder])).toEqual([`FROM ${image}`])
    for (const layer of layers()) rmSync(join(user.root, 'layers', layer, 'layer.json'), { force: true })
    await user.ok(['system', 'check', '--repair'])
    expect(await user.ok(['run', '--rm', image, 'echo', 'fine'])).toBe('fine')
    await cached(['-t', 'mended', folder])
    expect(await user.ok(['run', '--rm', 'mended', 'cat', '/precious'])).toBe('precious')
  })

  test('du lists what is kept; prune removes what no image is made of, with -a the rest', async () => {
    await user.ok(['builder', 'prune', '-af'])
    const folder = contextOf(['RUN echo used > /used'])
    await user.ok(['build', '-t', 'used', folder])
    await user.ok([
      'build',
      contextOf(['RUN --mount=type=cache,target=/c echo loose > /c/loose; head -c 5000 /dev/zero > /loose']),
    ])
    await user.ok(['image', 'prune', '-f'])
    const rows = (
      await user.ok([
        'builder',
        'du',
        '--format',
        '{{.CacheType}} {{.Reclaimable}} {{.Size}} {{.Description}}',
      ])
    )
      .split('\n')
      .sort()
    expect(rows).toEqual([
      'exec.cachemount true 6B /c',
      'regular false 5B RUN echo used > /used',
      expect.stringMatching(/^regular true 5kB RUN --mount=type=cache/),
    ])
    const before = layers().length
    expect(await user.ok(['builder', 'prune', '-f'])).toMatch(
      /Deleted build cache objects:\n[\s\S]*Total reclaimed space: /,
    )
    expect(layers().length).toBe(before - 1)
    expect(await user.ok(['builder', 'du', '--format', '{{.Description}}'])).toBe('RUN echo used > /used')
    await user.ok(['builder', 'prune', '-af'])
    expect(await user.ok(['builder', 'du', '--format', '{{.ID}}'])).toBe('')
    expect(await user.ok(['run', '--rm', 'used', 'cat', '/used'])).toBe('used')
  })

  test('until spares what was of use lately, keep-storage what was of use last', async () => {
    await user.ok(['build', contextOf(['RUN head -c 2000 /dev/zero > /old'])])
    await user.ok(['build', contextOf(['RUN head -c 3000 /dev/zero > /new'])])
    await user.ok(['image', 'prune', '-f'])
    expect(await user.ok(['builder', 'prune', '-f', '--filter', 'until=1h'])).toBe(
      'Total reclaimed space: 0B',
    )
    await user.ok(['builder', 'prune', '-f', '--keep-storage', '3000'])
    const left = await user.ok(['builder', 'du', '--format', '{{.Description}}'])
    expect(left).toContain('/new')
    expect(left).not.toContain('/old')
  })

  test('is in system df, and goes with system prune', async () => {
    await user.ok(['build', contextOf(['RUN echo counted > /counted'])])
    await user.ok(['image', 'prune', '-f'])
    expect(await user.ok(['system', 'df'])).toMatch(/^Build Cache +\d+ +\d+ /m)
    expect(await user.ok(['system', 'prune', '-f'])).toContain('Deleted build cache objects:')
    expect(await user.ok(['builder', 'du', '--format', '{{.Description}}'])).not.toContain('counted')
  })

  test('stays below the size that is configured', async () => {
    const home = user.makeFolder('home-with-limit')
    user.makeFolder('home-with-limit/.config/sampan')
    user.file('home-with-limit/.config/sampan/config.json', '{ "buildCacheLimit": "4k" }')
    const env = { HOME: home }
    await user.ok(['builder', 'prune', '-af'])
    await user.ok(['build', contextOf(['RUN head -c 3000 /dev/zero > /first'])], { env })
    await user.ok(['image', 'prune', '-f'])
    await user.ok(['build', contextOf(['RUN head -c 3000 /dev/zero > /second'])], { env })
    await user.ok(['image', 'prune', '-f'])
    await user.ok(['build', contextOf(['RUN head -c 500 /dev/zero > /third'])], { env })
    const left = await user.ok(['builder', 'du', '--format', '{{.Description}}'])
    expect(left).not.toContain('/first')
    expect(left).toContain('/third')
  })
})

describe('builds beside each other', () => {
  test('share what they make, and a prune takes nothing from under them', async () => {
    const folder = contextOf(['RUN echo shared > /shared', 'RUN echo slow; sleep 2; cat /shared'])
    const slow = user.start(['build', '-t', 'beside', folder])
    await slow.waitFor(/ slow$/m)
    expect(await cached([contextOf(['RUN echo shared > /shared'])])).toContain('RUN echo shared > /shared')
    await user.ok(['image', 'prune', '-f'])
    await user.ok(['builder', 'prune', '-af'])
    expect(await slow.exited()).toBe(0)
    expect(await user.ok(['run', '--rm', 'beside', 'cat', '/shared'])).toBe('shared')
  })

  test('of the same file at once all give the same image', async () => {
    const folder = contextOf(['RUN echo at once > /once', 'COPY Dockerfile /copied'])
    const ids = await Promise.all([1, 2, 3].map(() => user.ok(['build', '-q', folder])))
    expect(new Set(ids).size).toBe(1)
  })
})
