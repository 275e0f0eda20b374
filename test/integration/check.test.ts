/** Every kind of damage is found, named and mended, and nothing whole is touched. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BadRegistry } from '../support/bad-registry.ts'
import { busyboxArchive, busyboxLayer } from '../support/images.ts'
import { archive, file } from '../support/tar-bytes.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const at = (path: string) => join(user.root, path)
let registry: BadRegistry
let name: string

beforeAll(async () => {
  registry = await BadRegistry.start()
  name = `${registry.host}/made:1`
  const base = await busyboxLayer(join(user.folder, 'busybox'))
  registry.image('made', '1', { layers: [base, archive(file('made', 'x'.repeat(5000)))] })
})
afterAll(async () => await registry[Symbol.asyncDispose]())

/** A pulled image, a loaded one, a container and a volume. */
beforeEach(async () => {
  await user.ok(['system', 'reset', '-f'])
  await user.ok(['pull', '-q', name])
  await user.ok(['load', '-q', '-i', busyboxArchive])
  await user.ok([
    'run',
    '--name',
    'one',
    '--network',
    'none',
    '-v',
    'data:/data',
    name,
    'touch',
    '/data/file',
  ])
})

/** The blobs of the pulled image, layers last. */
async function blobsOfMade() {
  const manifest = await user.ok(['image', 'inspect', '-f', '{{.Digest}}', name])
  const { config, layers } = JSON.parse(readFileSync(blob(manifest), 'utf8'))
  return {
    manifest,
    config: config.digest as string,
    layers: layers.map(({ digest }: { digest: string }) => digest) as string[],
  }
}
const blob = (digest: string) => at(`oci/blobs/sha256/${digest.slice(7)}`)
const layerFolders = async () =>
  JSON.parse(await user.ok(['image', 'inspect', '-f', '{{json .RootFS.Layers}}', name])).map((id: string) =>
    at(`layers/${id.slice(7)}`),
  ) as string[]

const check = async (...args: string[]) => {
  const { code, stdout, stderr } = await user.sampan(['system', 'check', ...args])
  expect(stderr).not.toMatch(/\n\s+at /)
  return { code, stdout }
}

/** Runs, can be saved, and a check of every byte finds nothing. */
async function isWhole() {
  expect(await check()).toEqual({ code: 0, stdout: 'No damage found\n' })
  const run = ['run', '--rm', '--network', 'none', '--pull', 'never', name, 'wc', '-c', '/made']
  expect(await user.ok(run)).toBe('5000 /made')
  await user.ok(['save', '-o', join(user.folder, 'whole.tar'), name])
  expect(await user.ok(['start', '-a', 'one'])).toBe('')
  expect(await user.ok(['images', '--format', '{{.Repository}}'])).toContain('busybox')
}

test('finds nothing where all is well', async () => {
  await isWhole()
  await user.ok(['system', 'check', '--repair'])
  await isWhole()
})

interface Case {
  readonly harm: () => Promise<void> | void
  readonly found: RegExp
  readonly quick?: false
}

const cases: Record<string, Case> = {
  'images.json that is no JSON': {
    harm: () => writeFileSync(at('images.json'), '{"version":1,"mani'),
    found: /images\.json is damaged: .*\n {2}repaired: made again from oci\/index\.json/,
  },
  'index.json that is no JSON': {
    harm: () => writeFileSync(at('oci/index.json'), ''),
    found: /index\.json .*\n {2}repaired: written again/,
  },
  'a missing index.json': {
    harm: () => rmSync(at('oci/index.json')),
    found: /index\.json is missing\n {2}repaired: written again/,
  },
  'a missing manifest': {
    harm: async () => rmSync(blob((await blobsOfMade()).manifest)),
    found: /blob [0-9a-f]{12} of image .*made:1 is missing\n {2}repaired: fetched again/,
  },
  'a damaged configuration': {
    harm: async () => {
      const path = blob((await blobsOfMade()).config)
      const bytes = readFileSync(path)
      writeFileSync(path, `${bytes.toString().slice(0, -1)} `)
    },
    found: /is damaged: its bytes have another digest\n {2}repaired: fetched again/,
    quick: false,
  },
  'a missing layer blob': {
    harm: async () => rmSync(blob((await blobsOfMade()).layers[1] as string)),
    found: /blob [0-9a-f]{12} of image .*made:1 is missing\n {2}repaired: fetched again/,
  },
  'a layer blob that was cut off': {
    harm: async () => truncateSync(blob((await blobsOfMade()).layers[1] as string), 100),
    found: /has 100 bytes instead of \d+\n {2}repaired: fetched again/,
  },
  'a layer blob with a flipped bit': {
    harm: async () => {
      const path = blob((await blobsOfMade()).layers[1] as string)
      const bytes = readFileSync(path)
      bytes[50] = (bytes[50] as number) ^ 1
      writeFileSync(path, bytes)
    },
    found: /is damaged: its bytes have another digest\n {2}repaired: fetched again/,
    quick: false,
  },
  'a layer without its marker': {
    harm: async () => rmSync(join((await layerFolders())[1] as string, 'layer.json')),
    found: /layer [0-9a-f]{12} is not whole: it has no layer\.json\n {2}repaired: unpacked again/,
  },
  'a marker that is no JSON': {
    harm: async () => writeFileSync(join((await layerFolders())[1] as string, 'layer.json'), '{'),
    found: /is not whole: its layer\.json cannot be read\n {2}repaired: unpacked again/,
  },
  'a layer that lost a file': {
    harm: async () => {
      const path = join((await layerFolders())[1] as string, 'fs/made')
      await user.run(['unshare', '--map-auto', '--map-root-user', 'rm', path])
    },
    found: /its files have 0 bytes instead of 5000\n {2}repaired: unpacked again/,
    quick: false,
  },
  'a layer that is gone': {
    harm: async () => {
      await user.run([
        'unshare',
        '--map-auto',
        '--map-root-user',
        'rm',
        '-r',
        (await layerFolders())[1] as string,
      ])
    },
    found: /is not unpacked\n {2}repaired: unpacked again/,
  },
  'a missing link': {
    harm: () => {
      for (const link of readdirSync(at('l'))) rmSync(at(`l/${link}`))
    },
    found: /has no link in l\/\n {2}repaired: linked again/,
  },
  'a link that leads nowhere': {
    harm: () => symlinkSync('../layers/nothing/fs', at('l/00000000000')),
    found: /the link l\/00000000000 leads nowhere\n {2}repaired: removed/,
  },
  'what interrupted commands left': {
    harm: async () => {
      await user.run([
        'mkdir',
        at('layers/0123.tmp-999999999'),
        at(`containers/${'a'.repeat(64)}.tmp-999999999`),
      ])
      await user.run([
        'touch',
        at('oci/partial/load.tmp-999999999-1abc'),
        at('images.json.tmp-999999999-1abc'),
      ])
    },
    found: /(was left by a command that was interrupted\n {2}repaired: removed\n[\s\S]*){4}/,
  },
  'a state that is no JSON': {
    harm: () => writeFileSync(at(`containers/${readdirSync(at('containers'))[0]}/state.json`), ''),
    found: /state\.json is damaged.*\n {2}repaired: its last state was forgotten/,
  },
  'a name that was lost': {
    harm: () => rmSync(at('names/one')),
    found: /nothing holds its name one\n {2}repaired: reserved again/,
  },
  'a name without a container': {
    harm: () => {
      user.file('data/names/ghost', 'b'.repeat(64))
    },
    found: /the name ghost is held by a container that does not exist\n {2}repaired: given back/,
  },
  'the record of a volume': {
    harm: () => writeFileSync(at('volumes/data/volume.json'), '['),
    found: /volume data: .*\n {2}repaired: written again, without labels/,
  },
}

describe('finds and mends', () => {
  test.each(Object.entries(cases))('%s', async (_, { harm, found, quick }) => {
    await harm()
    const looked = await check()
    expect(looked.code).toBe(1)
    expect(looked.stdout).toMatch(/Damage found: \d+, repaired: 0\n$/)
    expect(looked.stdout).not.toMatch(/^ {2}/m)
    if (quick !== false) expect((await check('--quick')).code).toBe(1)
    const { code, stdout } = await check('--repair')
    expect(stdout).toMatch(found)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/Damage found: (\d+), repaired: \1\n$/),
    })
    await isWhole()
  })
})

describe('what cannot be mended', () => {
  test('both lists of images: the images stay, their names are lost', async () => {
    const id = await user.ok(['image', 'inspect', '-f', '{{.Id}}', name])
    writeFileSync(at('images.json'), '')
    writeFileSync(at('oci/index.json'), '')
    const { code, stdout } = await check('--repair')
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/their names are lost/) })
    await user.ok(['tag', id, name])
    expect(await user.ok(['run', '--rm', '--network', 'none', name, 'wc', '-c', '/made'])).toBe('5000 /made')
    expect(await check()).toEqual({ code: 0, stdout: 'No damage found\n' })
  })

  test('a blob of an image nobody has: it is kept while it runs, and said', async () => {
    const digest = await user.ok(['image', 'inspect', '-f', '{{.Digest}}', 'busybox'])
    const { layers } = JSON.parse(readFileSync(blob(digest), 'utf8'))
    rmSync(blob(layers[0].digest))
    const { code, stdout } = await check('--repair')
    expect(stdout).toMatch(/is missing\n {2}not repaired: it runs, but cannot be saved or pushed: /)
    expect(code).toBe(1)
    expect(await user.ok(['run', '--rm', '--network', 'none', 'busybox', 'echo', 'fine'])).toBe('fine')
  })

  test('an image nobody has that cannot run: just that one goes', async () => {
    const { config } = JSON.parse(
      readFileSync(blob(await user.ok(['image', 'inspect', '-f', '{{.Digest}}', 'busybox'])), 'utf8'),
    )
    rmSync(blob(config.digest))
    const { code, stdout } = await check('--repair')
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/repaired: nobody has it: the image was removed/),
    })
    expect(await user.ok(['images', '--format', '{{.Repository}}'])).toBe(name.replace(/:1$/, ''))
    expect(await check()).toEqual({ code: 0, stdout: 'No damage found\n' })
  })

  test('a container whose record is gone: only with --force', async () => {
    const [id] = readdirSync(at('containers'))
    writeFileSync(at(`containers/${id}/container.json`), '{}')
    const { code, stdout } = await check('--repair')
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/not repaired: only with --force: the container with the files/),
    })
    expect(existsSync(at(`containers/${id}/upper`))).toBe(true)
    expect(await check('--repair', '--force')).toMatchObject({ code: 0 })
    expect(readdirSync(at('containers'))).toEqual([])
    expect(await check()).toEqual({ code: 0, stdout: 'No damage found\n' })
  })

  test('a layer under a container that runs is left until that stops', async () => {
    await user.ok(['run', '-d', '--name', 'runs', '--network', 'none', name, 'sleep', '1000'])
    rmSync(join((await layerFolders())[1] as string, 'layer.json'))
    const { code, stdout } = await check('--repair')
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/not repaired: container [0-9a-f]{12} runs on it/),
    })
    expect(await user.ok(['exec', 'runs', 'wc', '-c', '/made'])).toBe('5000 /made')
    await user.ok(['rm', '-f', 'runs'])
    expect(await check('--repair')).toMatchObject({ code: 0 })
    await isWhole()
  })
})

test('an empty store, and none at all, are fine', async () => {
  await user.ok(['system', 'reset', '-f'])
  expect(await check()).toEqual({ code: 0, stdout: 'No damage found\n' })
  mkdirSync(user.root, { recursive: true })
  await user.run(['true'])
  expect(await check('--repair')).toEqual({ code: 0, stdout: 'No damage found\n' })
})
