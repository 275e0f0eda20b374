/** Through Debian's registry, over TLS and with a password: what we push others read, what others push we run. */
import { copyFileSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busybox, busyboxArchive } from '../support/images.ts'
import { ok } from '../support/process.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const at = (name: string) => join(user.folder, name)
const creds = 'anna:secret'
let registry: Registry
let id: string
/** Podman wants a short path here. */
const podmanRun = mkdtempSync('/tmp/sampan-podman-')
const podman = (...words: string[]) => {
  const store = ['--root', at('podman'), '--runroot', podmanRun, '--storage-driver', 'vfs']
  return ok(['podman', ...store, ...words], { timeout: 120_000 })
}
const skopeo = (...words: string[]) => ok(['skopeo', '--insecure-policy', ...words])

beforeAll(async () => {
  registry = await startRegistry({ https: true, login: { user: 'anna', password: 'secret' } })
  user.makeFolder(`home/.config/sampan/certs.d/${registry.host}`)
  user.makeFolder('certs')
  for (const folder of [`home/.config/sampan/certs.d/${registry.host}`, 'certs']) {
    copyFileSync(registry.authority ?? '', at(`${folder}/ca.crt`))
  }
  await user.ok(['login', '-u', 'anna', '--password-stdin', registry.host], { input: 'secret' })
  await user.ok(['run', '--name', 'maker', '--network', 'none', image, 'sh', '-c', 'echo hello > /made'])
  await user.ok(['commit', '-c', 'CMD ["cat", "/made"]', 'maker', 'made:1'])
  await user.ok(['rm', 'maker'])
  id = await user.ok(['image', 'inspect', '-f', '{{.Id}}', 'made:1'])
})
afterAll(async () => {
  await podman('rmi', '-af')
  await ok(['rm', '-rf', at('podman'), podmanRun])
  await registry[Symbol.asyncDispose]()
})

describe.each([
  ['as it is', []],
  ['in zstd', ['--compression-format', 'zstd']],
  ['with Docker’s media types', ['--format', 'v2s2']],
])('what we push %s', (kind, options) => {
  const name = () => `${registry.host}/ours/${kind.replace(/\W+/g, '').toLowerCase()}:1`

  test('skopeo, podman and umoci read', async () => {
    await user.ok(['tag', 'made:1', name()])
    await user.ok(['push', '-q', ...options, name()])
    const access = ['--creds', creds, '--cert-dir', at('certs')]
    const seen = JSON.parse(await skopeo('inspect', ...access, `docker://${name()}`))
    expect(seen.Layers).toHaveLength(2)

    expect((await podman('pull', '-q', ...access, name())).trim()).toBe(id.slice(7))
    const made = ['podman-made', (await podman('create', name())).trim()]
    await podman('cp', `${made[1]}:/made`, at('from-podman'))
    expect(await ok(['cat', at('from-podman')])).toBe('hello\n')
    await podman('rm', made[1] as string)

    const layout = at(`layout-${kind.length}`)
    const from = ['--src-creds', creds, '--src-cert-dir', at('certs')]
    await skopeo('copy', '-q', ...from, `docker://${name()}`, `oci:${layout}:1`)
    if (kind === 'in zstd') return // umoci 0.4.7 knows gzip alone.
    await ok(['umoci', 'raw', 'unpack', '--rootless', '--image', `${layout}:1`, at(`rootfs-${kind.length}`)])
    expect(await ok(['cat', at(`rootfs-${kind.length}/made`)])).toBe('hello\n')
  })
})

describe('what others push we run:', () => {
  const runs = async (name: string, words: readonly string[] = []) =>
    await user.ok(['run', '--rm', '-q', '--network', 'none', name, ...words])
  const to = () => ['--dest-creds', creds, '--dest-cert-dir', at('certs')]

  test('podman', async () => {
    const name = `${registry.host}/theirs/podman:1`
    await podman('load', '-q', '-i', busyboxArchive)
    await podman('tag', 'busybox', name)
    await podman('push', '-q', '--creds', creds, '--cert-dir', at('certs'), name)
    expect(await runs(name, ['echo', 'hi'])).toBe('hi')
  })

  test.each([
    ['oci', []],
    ['v2s2', []],
    ['oci', ['--dest-compress-format', 'zstd']],
  ])('skopeo, %s %j', async (format, more) => {
    const name = `${registry.host}/theirs/skopeo:${format}${more.length}`
    await skopeo(
      'copy',
      '-q',
      '-f',
      format,
      ...to(),
      ...more,
      `docker-archive:${busyboxArchive}`,
      `docker://${name}`,
    )
    expect(await runs(name, ['echo', 'hi'])).toBe('hi')
  })

  test('umoci', async () => {
    const layout = at('umoci')
    const name = `${registry.host}/theirs/umoci:1`
    await skopeo('copy', '-q', `docker-archive:${busyboxArchive}`, `oci:${layout}:base`)
    const added = user.file('added', 'by umoci\n')
    await ok(['umoci', 'insert', '--rootless', '--image', `${layout}:base`, '--tag', 'new', added, '/added'])
    await ok(['umoci', 'config', '--image', `${layout}:new`, '--config.cmd', 'cat', '--config.cmd', '/added'])
    await skopeo('copy', '-q', ...to(), `oci:${layout}:new`, `docker://${name}`)
    expect(await runs(name)).toBe('by umoci')
  })
})

test('our store is a layout that skopeo and umoci read where it is', async () => {
  const layout = join(user.root, 'oci')
  const seen = JSON.parse(
    await ok(user.argv(['skopeo', 'inspect', `oci:${layout}:docker.io/library/made:1`])),
  )
  expect(seen.Layers).toHaveLength(2)
  expect((await user.run(['umoci', 'ls', '--layout', layout])).stdout).toContain('docker.io/library/made:1\n')
  const words = ['umoci', 'raw', 'unpack', '--rootless', '--image', `${layout}:docker.io/library/made:1`]
  expect(await user.run([...words, at('straight')])).toMatchObject({ code: 0 })
  expect(await ok(['cat', at('straight/made')])).toBe('hello\n')
})
