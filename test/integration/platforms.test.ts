/** Images for other machines than this one. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxLayer } from '../support/images.ts'
import { nativeArchitecture, tarOf, writeDockerArchive, writeLayout } from '../support/oci-image.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const foreign = nativeArchitecture === 'arm64' ? 'amd64' : 'arm64'
let registry: Registry
let layer: Uint8Array

beforeAll(async () => {
  registry = await startRegistry()
  layer = await busyboxLayer(join(user.folder, 'rootfs'))
})
afterAll(() => registry[Symbol.asyncDispose]())

const shared = (...architectures: string[]) => {
  const layout = join(user.folder, `layout-${architectures.join('-')}`)
  writeLayout(
    layout,
    'x',
    ...architectures.map((architecture) => ({
      layers: [layer],
      architecture,
      config: { Cmd: ['echo', architecture] },
    })),
  )
  return layout
}

test('of an index, the image for this machine is taken', async () => {
  const name = await registry.push(shared(foreign, nativeArchitecture), 'x', 'both:1')
  expect(await user.ok(['run', '--rm', '--network', 'none', name])).toBe(nativeArchitecture)
})

test('--platform takes another one', async () => {
  const name = await registry.push(shared(foreign, nativeArchitecture), 'x', 'both:2')
  await user.ok(['pull', '-q', '--platform', `linux/${foreign}`, name])
  expect(await user.ok(['inspect', '-f', '{{.Architecture}}', name])).toBe(foreign)
})

test('an index without this machine says which platforms it has', async () => {
  const name = await registry.push(shared('s390x', 'riscv64'), 'x', 'others:1')
  const { code, stderr } = await user.sampan(['pull', name])
  expect(code).toBe(1)
  expect(stderr).toContain(
    `no matching manifest for linux/${nativeArchitecture} in the manifest list entries`,
  )
  expect(stderr).toMatch(/s390x/)
})

test('an image for another machine warns, and its program is refused in words', async () => {
  const archive = user.file('foreign.tar', '')
  const folder = user.makeFolder('foreign')
  // A program whose ELF header names another machine: the kernel refuses it as it would the real one.
  const elf = Buffer.alloc(64)
  elf.write('\x7fELF\x02\x01\x01', 'latin1')
  elf.writeUInt16LE(2, 16)
  elf.writeUInt16LE(foreign === 'arm64' ? 183 : 62, 18)
  user.file('foreign/bin/program', elf, 0o755)
  await writeDockerArchive(archive, 'foreign:latest', {
    layers: [await tarOf(folder)],
    architecture: foreign,
    config: { Cmd: ['/bin/program'] },
  })
  await user.ok(['load', '-q', '-i', archive])
  const { code, stderr } = await user.sampan(['run', '--rm', '--network', 'none', 'foreign'])
  expect(stderr).toContain(`linux/${foreign}`)
  expect(stderr).toContain(`linux/${nativeArchitecture}`)
  expect(stderr).toMatch(/exec format error/i)
  expect(code).toBe(126)
  expect(await user.leftovers()).toEqual([])
})

test('--arch, --os and --variant say the platform in parts', async () => {
  const name = await registry.push(shared(foreign, nativeArchitecture), 'x', 'parts:1')
  await user.ok(['pull', '-q', '--arch', foreign, '--os', 'linux', name])
  expect(await user.ok(['inspect', '-f', '{{.Architecture}}', name])).toBe(foreign)
  const both = await user.sampan(['pull', '--arch', foreign, '--platform', 'linux/arm', name])
  expect(both.stderr).toContain('--platform option can not be specified with --arch')
})

describe('--policy', () => {
  test('missing asks nobody for an image that is here for the platform', async () => {
    const name = await registry.push(shared(foreign, nativeArchitecture), 'x', 'policy:1')
    await user.ok(['pull', '-q', '--policy', 'missing', name])
    const before = registry.requests.length
    expect(await user.ok(['pull', '--policy', 'missing', name])).toBe(name)
    expect(registry.requests.length).toBe(before)
    await user.ok(['pull', '-q', '--policy', 'missing', '--platform', `linux/${foreign}`, name])
    expect(await user.ok(['inspect', '-f', '{{.Architecture}}', name])).toBe(foreign)
  })

  test('never takes what is here, or nothing', async () => {
    const name = `${registry.host}/never:1`
    const { code, stderr } = await user.sampan(['pull', '--policy', 'never', name])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`No such image: ${name}`) })
  })

  test('newer makes do with what is here when the registry is away', async () => {
    const name = await registry.push(shared(nativeArchitecture), 'x', 'newer:1')
    await user.ok(['pull', '-q', name])
    const away = '127.0.0.1:9/newer:1'
    await user.ok(['tag', name, away])
    expect(await user.ok(['pull', '-q', '--retry', '0', '--policy', 'newer', away])).toBe(away)
    expect((await user.sampan(['pull', '-q', '--retry', '0', away])).code).toBe(1)
  })
})
