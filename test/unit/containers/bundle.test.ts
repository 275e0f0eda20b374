import { describe, expect, test } from 'vitest'
import type { Context } from '../../../src/cli/context.ts'
import { parseWords } from '../../../src/cli/parse.ts'
import { createOptions } from '../../../src/commands/create-options.ts'
import { refuse, refusedOptions } from '../../../src/commands/create-refusals.ts'
import { createRequest } from '../../../src/commands/create-request.ts'
import { configJson } from '../../../src/containers/bundle/config.ts'
import { planContainer } from '../../../src/containers/plan.ts'
import type { ContainerRecord } from '../../../src/containers/record.ts'
import type { Image } from '../../../src/images/store.ts'
import type { MountRecord } from '../../../src/volumes/mounts.ts'

const context = {
  environment: { HOME: '/home/me' },
  out: { note: () => {} },
  runtime: undefined,
} as unknown as Context

/** The record that these words and this image make; volumes keep the names they were given. */
function plan(words: readonly string[], config: object = {}): ContainerRecord {
  const { options, operands } = parseWords({ ...createOptions, ...refusedOptions }, words, true)
  refuse(options as never)
  const request = createRequest(options as never, operands, true, context)
  const image = {
    id: 'sha256:1',
    manifest: 'sha256:2',
    layers: [
      { diffId: 'sha256:a', folder: '/none/a', link: 'AA' },
      { diffId: 'sha256:b', folder: '/none/b', link: 'BB' },
    ],
    config: { architecture: 'amd64', os: 'linux', config },
  } as unknown as Image
  return planContainer(request, image, {
    id: 'abcdef012345'.padEnd(64, '0'),
    name: 'web',
    mounts: request.mounts as MountRecord[],
    userNamespace: null,
    driver: 'overlay',
    joinedHostname: undefined,
    bindIp: '',
  })
}

const spec = (words: readonly string[], config: object = {}) =>
  configJson(plan(words, config), {
    folder: '/c',
    names: '/c',
    layers: '/l',
    volume: (name) => `/volumes/${name}/_data`,
  })

describe('what is executed', () => {
  const image = { Entrypoint: ['/entry', '-x'], Cmd: ['default', 'args'] }
  test.each([
    [['i'], ['/entry', '-x', 'default', 'args']],
    [
      ['i', 'mine'],
      ['/entry', '-x', 'mine'],
    ],
    [['--entrypoint', '/other', 'i'], ['/other']],
    [
      ['--entrypoint', '/other', 'i', 'a', '-b'],
      ['/other', 'a', '-b'],
    ],
    [
      ['--entrypoint', '["a","b c"]', 'i', 'd'],
      ['a', 'b c', 'd'],
    ],
    [['--entrypoint', '', 'i', 'sh'], ['sh']],
  ])('%j', (words, args) => expect(spec(words, image).process.args).toEqual(args))

  test('nothing to execute is refused', () => {
    expect(() => plan(['i'])).toThrow('no command specified')
    expect(() => plan(['--entrypoint', '', 'i'], image)).toThrow('no command specified')
  })
})

describe('what the image says holds, unless the words say otherwise', () => {
  const config = {
    Cmd: ['x'],
    User: '7:8',
    WorkingDir: '/app/',
    Env: ['A=image', 'PATH=/bin'],
    Labels: { a: '1', b: '2' },
    StopSignal: 'SIGQUIT',
    ExposedPorts: { '80/tcp': {}, '9/sctp': {} },
    Healthcheck: { Test: ['CMD', 'ok'] },
  }

  test('by itself', () => {
    const record = plan(['i'], config)
    expect(record.process).toMatchObject({
      uid: 7,
      gid: 8,
      directory: '/app',
      environment: ['A=image', 'PATH=/bin'],
    })
    expect(record).toMatchObject({
      hostname: 'abcdef012345',
      labels: { a: '1', b: '2' },
      stop: { signal: 3, timeout: 10 },
      health: { test: ['CMD', 'ok'], retries: 3 },
      network: { exposed: [{ port: 80, protocol: 'tcp' }], ports: [] },
    })
  })

  test('with words', () => {
    const record = plan(
      [
        '-u',
        '0',
        '-w',
        '/x',
        '-e',
        'A=mine',
        '-e',
        'PATH',
        '-l',
        'a=9',
        '--stop-signal',
        '2',
        '--stop-timeout',
        '-1',
        '--no-healthcheck',
        '-P',
        '-h',
        'box',
        'i',
      ],
      config,
    )
    expect(record.process).toMatchObject({ uid: 0, directory: '/x', environment: ['A=mine'] })
    expect(record).toMatchObject({
      hostname: 'box',
      labels: { a: '9', b: '2' },
      stop: { signal: 2, timeout: -1 },
      health: null,
      network: { ports: [{ hostIp: '', hostPort: 0, containerPort: 80, protocol: 'tcp' }] },
    })
  })
})

describe('config.json', () => {
  test('a plain container', () => {
    const config = spec(['i', 'sh'])
    expect(config.hostname).toBe('abcdef012345')
    expect(config.linux.namespaces.map(({ type }) => type)).toEqual([
      'mount',
      'pid',
      'ipc',
      'uts',
      'network',
      'cgroup',
    ])
    expect(config.linux.seccomp?.defaultAction).toBe('SCMP_ACT_ERRNO')
    expect(config.linux.maskedPaths).toContain('/proc/kcore')
    expect(config.mounts.map(({ destination }) => destination)).toEqual([
      '/proc', '/dev', '/dev/pts', '/sys', '/sys/fs/cgroup', '/dev/mqueue', '/dev/shm',
      '/etc/resolv.conf', '/etc/hostname', '/etc/hosts', '/run/.containerenv',
    ]) // biome-ignore format: a list
    expect(config.process.env).toEqual([
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'HOSTNAME=abcdef012345',
      'HOME=/root',
    ])
  })

  test('namespaces of the host are left out, and with them what belongs to them', () => {
    const config = spec(['--network', 'host', '--pid', 'host', '--ipc', 'host', '--uts', 'host', 'i', 'sh'])
    expect(config.linux.namespaces.map(({ type }) => type)).toEqual(['mount', 'cgroup'])
    expect(config.hostname).toBeUndefined()
    expect(config.mounts.find(({ destination }) => destination === '/dev/shm')).toMatchObject({
      type: 'bind',
    })
  })

  test('--privileged masks nothing and filters nothing', () => {
    const config = spec(['--privileged', 'i', 'sh'])
    expect(config.linux).toMatchObject({ maskedPaths: [], readonlyPaths: [] })
    expect(config.linux.seccomp).toBeUndefined()
  })

  test('a user other than root holds no capability, and may get those it is allowed', () => {
    const { capabilities } = spec(['-u', '1000', '--cap-add', 'net_admin', 'i', 'sh']).process
    expect(capabilities).toMatchObject({ effective: [], permitted: [], ambient: [], inheritable: [] })
    expect(capabilities.bounding).toContain('CAP_NET_ADMIN')
  })

  test('one’s own mounts win over the usual ones', () => {
    const config = spec([
      '-v',
      '/my/hosts:/etc/hosts:ro',
      '--tmpfs',
      '/dev/shm:size=1m',
      '-v',
      'data:/data',
      'i',
      'sh',
    ])
    const at = (path: string) => config.mounts.filter(({ destination }) => destination === path)
    expect(at('/etc/hosts')).toEqual([
      { destination: '/etc/hosts', type: 'bind', source: '/my/hosts', options: ['rbind', 'rprivate', 'ro'] },
    ])
    expect(at('/dev/shm')).toHaveLength(1)
    expect(at('/data')).toMatchObject([{ source: '/volumes/data/_data' }])
  })
})

describe('options that are not done', () => {
  test.each(['--gpus=all', '--pod=x', '--systemd=always', '--storage-opt=size=1g', '--rmi'])(
    '%s says what to do instead',
    (word) => {
      expect(() => plan([word, 'i', 'sh'])).toThrow(
        expect.objectContaining({ kind: 'unsupported', exitCode: 125, hint: expect.any(String) }),
      )
    },
  )

  test('what asks for nothing passes', () => {
    expect(
      plan(['--tls-verify=false', '--http-proxy=false', '--disable-content-trust', 'i', 'sh']).name,
    ).toBe('web')
  })
})
