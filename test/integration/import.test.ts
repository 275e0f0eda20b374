/** A tar of a root filesystem becomes an image. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { busyboxArchive } from '../support/images.ts'
import { ok, run } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
let rootfs: Buffer
let path: string

beforeAll(async () => {
  const [manifest] = JSON.parse(await ok(['tar', '-xOf', busyboxArchive, 'manifest.json']))
  rootfs = Buffer.from((await run(['tar', '-xOf', busyboxArchive, manifest.Layers[0]])).bytes)
  path = user.file('rootfs.tar', rootfs)
})

const inspect = async (image: string) => JSON.parse(await user.ok(['image', 'inspect', image]))[0]
const isId = /^sha256:[0-9a-f]{64}$/

describe('imports', () => {
  test('a file, prints the id, and the image runs', async () => {
    const id = await user.ok(['import', path, 'imported'])
    expect(id).toMatch(isId)
    expect(await user.ok(['images', '-q', '--no-trunc', 'imported:latest'])).toBe(id)
    expect(await user.ok(['run', '--rm', '--network', 'none', 'imported', 'echo', 'hi'])).toBe('hi')
    expect((await inspect('imported')).Comment).toBe(`Imported from ${path}`)
  })

  test.each([
    ['gzip', 'gzip -1', 'tar+gzip'],
    ['zstd', 'zstd -q', 'tar+zstd'],
    ['xz', 'xz -0', 'tar'],
    ['bzip2', 'bzip2 -1', 'tar'],
  ])('standard input packed by %s', async (name, command, type) => {
    const script = `${command} < "$1" | "$0" import - packed:${name}`
    const { code, stdout } = await user.run(['sh', '-c', script, user.executable, path])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) })
    const [layer] = (await inspect(`packed:${name}`)).RootFS.Layers
    expect(layer).toBe((await inspect('imported')).RootFS.Layers[0])
    const manifest = await ok([
      'skopeo',
      'inspect',
      '--raw',
      `oci:${user.root}/oci:docker.io/library/packed:${name}`,
    ])
    expect(JSON.parse(manifest).layers[0].mediaType).toBe(`application/vnd.oci.image.layer.v1.${type}`)
  })

  test('an address', async () => {
    using server = await serve(() => ({ status: 200, body: rootfs }))
    expect(await user.ok(['import', `${server.url}/rootfs.tar`, 'fetched:1'])).toMatch(isId)
    expect(await user.ok(['run', '--rm', '--network', 'none', 'fetched:1', 'echo', 'hi'])).toBe('hi')
  })

  test('without a name the image is there by its id', async () => {
    const id = await user.ok(['image', 'import', path])
    expect((await inspect(id)).RepoTags).toEqual([])
  })

  test('changes, message and platform', async () => {
    const changes = [
      'CMD ["/bin/sh", "-c", "echo $GREETING"]',
      'ENV GREETING=hello',
      'EXPOSE 80 53/udp',
      'LABEL made=here',
      'ONBUILD RUN true',
      'USER 1000',
      'VOLUME /data',
      'WORKDIR /srv',
      'STOPSIGNAL SIGQUIT',
      'ENTRYPOINT []',
    ]
    const words = changes.flatMap((change) => ['-c', change])
    await user.ok(['import', ...words, '-m', 'mine', '--platform', 'linux/arm64/v8', path, 'changed:1'])
    expect(await inspect('changed:1')).toMatchObject({
      Comment: 'mine',
      Architecture: 'arm64',
      Os: 'linux',
      Config: {
        Cmd: ['/bin/sh', '-c', 'echo $GREETING'],
        Env: ['GREETING=hello'],
        ExposedPorts: { '80/tcp': {}, '53/udp': {} },
        Labels: { made: 'here' },
        OnBuild: ['RUN true'],
        User: '1000',
        Volumes: { '/data': {} },
        WorkingDir: '/srv',
        StopSignal: 'SIGQUIT',
      },
    })
  })
})

describe('refuses', () => {
  test.each([
    ['a missing file', ['nowhere.tar'], 1, /open nowhere\.tar: no such file or directory/],
    ['an unknown instruction', ['-c', 'RUN ls', 'rootfs.tar'], 1, /invalid change "RUN ls"/],
    ['a name that is none', ['rootfs.tar', 'NoName'], 1, /repository name \(NoName\) must be lowercase/],
    [
      'a digest for a name',
      ['rootfs.tar', `x@sha256:${'0'.repeat(64)}`],
      1,
      /cannot import digest reference/,
    ],
    ['no operand', [], 1, /requires at least 1 and at most 2 arguments/],
    [
      'an address where nobody is',
      ['http://127.0.0.1:9/x.tar'],
      1,
      /cannot reach http:\/\/127\.0\.0\.1:9\/x\.tar/,
    ],
  ])('%s', async (_, args, code, words) => {
    const result = await user.sampan(['import', ...args])
    expect(result.stderr).toMatch(words)
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: '' })
  })

  test('an address that has no such file', async () => {
    using server = await serve(() => ({ status: 404, body: 'no' }))
    const { code, stderr } = await user.sampan(['import', `${server.url}/x.tar`])
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/x\.tar: 404 Not Found/),
    })
  })
})

async function serve(answer: () => { readonly status: number; readonly body: Buffer | string }) {
  const server = createServer((_, response) => {
    const { status, body } = answer()
    response.writeHead(status)
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() }
}
