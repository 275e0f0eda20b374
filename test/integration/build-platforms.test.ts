import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startRegistry } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()

interface Index {
  readonly manifests: readonly { readonly platform: { readonly architecture: string } }[]
}

describe('a build for several platforms', () => {
  user.file('context/Dockerfile', 'FROM scratch\nARG TARGETARCH\nCOPY file-$TARGETARCH /file\n')
  user.file('context/file-amd64', 'amd64')
  user.file('context/file-arm64', 'arm64')
  const context = join(user.folder, 'context')
  const platforms = ['--platform', 'linux/amd64,linux/arm64']

  test('makes a list of an image for each, and the one for this machine has the name', async () => {
    await user.ok(['build', ...platforms, '-t', 'multi:1', context])
    const own = process.arch === 'arm64' ? 'arm64' : 'amd64'
    expect(await user.ok(['inspect', '--format', '{{.Architecture}}', 'multi:1'])).toBe(own)
    const record = JSON.parse(readFileSync(join(user.root, 'images.json'), 'utf8'))
    const { digest } = record.lists['docker.io/library/multi:1']
    const blob = join(user.root, 'oci/blobs/sha256', digest.slice('sha256:'.length))
    const index = JSON.parse(readFileSync(blob, 'utf8')) as Index
    expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64'])
  })

  test('puts the files of each into a folder of its own', async () => {
    await user.ok(['build', ...platforms, '-o', join(user.folder, 'out'), context])
    const content = (platform: string) => readFileSync(join(user.folder, 'out', platform, 'file'), 'utf8')
    expect([content('linux_amd64'), content('linux_arm64')]).toEqual(['amd64', 'arm64'])
  })

  test('is pushed as a list that other tools read, by --push and by push', async () => {
    await using registry = await startRegistry()
    const name = `${registry.host}/multi`
    await user.ok(['build', ...platforms, '--push', '-t', `${name}:built`, context])
    await user.ok(['build', ...platforms, '-t', `${name}:pushed`, context])
    await user.ok(['push', `${name}:pushed`])
    for (const tag of ['built', 'pushed']) {
      const skopeo = async (...words: string[]) =>
        (await user.run(['skopeo', ...words, '--tls-verify=false', `docker://${name}:${tag}`])).stdout
      const index = JSON.parse(await skopeo('inspect', '--raw')) as Index
      expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64'])
      for (const architecture of ['amd64', 'arm64']) {
        const words = ['--override-os', 'linux', '--override-arch', architecture]
        expect(JSON.parse(await skopeo(...words, 'inspect', '--config')).architecture).toBe(architecture)
      }
    }
  })

  test('needs a name to be stored', async () => {
    const { code, stderr } = await user.sampan(['build', ...platforms, context])
    expect(code).not.toBe(0)
    expect(stderr).toContain('tag is needed for an image of several platforms')
  })
})

describe('buildx', () => {
  test('commands about builders that scripts call do not fail', async () => {
    expect(
      await user.ok(['buildx', 'create', '--name', 'mine', '--driver', 'docker-container', '--use']),
    ).toBe('mine')
    expect(await user.ok(['buildx', 'inspect', '--bootstrap', 'mine'])).toMatch(
      /^Name: mine\nDriver: sampan\n\nNodes:\n[\s\S]*Platforms: linux\//,
    )
    expect(await user.ok(['buildx', 'ls'])).toMatch(
      /^NAME\/NODE +DRIVER\/ENDPOINT +STATUS +PLATFORMS\ndefault\* +sampan +running +linux\//,
    )
    for (const words of [['use', 'mine'], ['stop'], ['rm', 'mine']]) await user.ok(['buildx', ...words])
    expect(await user.ok(['buildx', 'version'])).toMatch(/^sampan buildx \d/)
  })
})
