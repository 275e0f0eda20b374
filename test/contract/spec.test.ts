/**
 * What TypeScript writes is what C understands: a container with everything set goes through the real writers, and
 * `check-spec` must read the same back. And what C does not honour, it refuses by name.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeBundle } from '../../src/containers/bundle/write.ts'
import type { ContainerRecord } from '../../src/containers/record.ts'
import { defaultSeccomp } from '../../src/containers/seccomp.ts'
import { helper, testUser } from '../support/user.ts'
import { Bundle } from './bundle.ts'

const user = testUser()

const checked = (folder: string) => user.run([helper, 'check-spec', '--bundle', folder])

/** null, empty lists and empty objects are the same as nothing: neither side tells them apart. */
function essence(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(essence)
  if (value === null || typeof value !== 'object') return value ?? undefined
  const members = Object.entries(value).flatMap(([name, member]) => {
    const kept = essence(member)
    return kept === undefined ? [] : [[name, kept]]
  })
  return members.length === 0 ? undefined : Object.fromEntries(members)
}

const record: ContainerRecord = {
  version: 1,
  id: 'a'.repeat(64),
  name: 'everything',
  created: '2026-11-22T10:00:00.000000000Z',
  createCommand: ['sampan', 'run'],
  image: {
    name: 'image',
    id: 'sha256:1',
    manifest: 'sha256:2',
    platform: 'linux/amd64',
    layers: ['sha256:3', 'sha256:4'],
    links: ['bottom', 'top'],
  },
  process: {
    entrypoint: ['/bin/sh', '-c'],
    command: ['echo "é\\" \u0001 \u{1F600}"'],
    environment: ['A=b=c', 'EMPTY='],
    home: '/root',
    directory: '/work/dir',
    user: '33:44',
    uid: 33,
    gid: 44,
    groups: [5, 6],
    groupAdd: [],
    terminal: true,
    stdin: true,
    attach: ['stdin', 'stdout'],
    ulimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 9007199254740991 }],
    umask: 0o27,
    oomScoreAdj: 100,
  },
  hostname: 'host',
  domainname: 'domain',
  labels: {},
  annotations: { 'org.example/x': 'ignored by the helper' },
  mounts: [
    {
      type: 'bind',
      source: '/src',
      destination: '/dst',
      readOnly: true,
      propagation: 'rshared',
      recursive: true,
    } as ContainerRecord['mounts'][number],
    {
      type: 'volume',
      name: 'vol',
      destination: '/vol',
      readOnly: false,
      noCopy: false,
      anonymous: true,
      subpath: '',
    } as ContainerRecord['mounts'][number],
    {
      type: 'tmpfs',
      destination: '/tmp',
      readOnly: false,
      mode: 0o1777,
      size: 65536,
      options: ['noexec'],
    } as unknown as ContainerRecord['mounts'][number],
  ],
  volumesFrom: [],
  network: {
    mode: { kind: 'pasta' },
    ports: [
      { hostIp: '127.0.0.1', hostPort: 8080, containerPort: 80, protocol: 'tcp' },
      { hostIp: '', hostPort: 0, containerPort: 53, protocol: 'udp' },
    ],
    networks: [],
    links: [],

    exposed: [],
    publishAll: false,
    dns: [],
    dnsSearch: [],
    dnsOptions: [],
    extraHosts: [],
  },
  namespaces: {
    pid: { container: 'b'.repeat(64) },
    ipc: 'private',
    uts: 'private',
    cgroup: 'private',
    user: null,
  },
  security: {
    capabilities: ['CAP_CHOWN', 'CAP_SYS_ADMIN'],
    capAdd: [],
    capDrop: [],
    privileged: false,
    noNewPrivileges: true,
    seccomp: 'default',
    options: [],
    readOnly: true,
    unmask: false,
  },
  limits: {
    memory: 64 * 2 ** 20,
    memorySwap: -1,
    nanoCpus: 1.5e9,
    cpuQuota: 0,
    cpuPeriod: 0,
    cpuShares: 512,
    cpusetCpus: '0-1',
    memoryReservation: 0,
    cpusetMems: '0',
    pids: 100,
  },
  devices: [{ host: '/dev/fuse', container: '/dev/fuse2', permissions: 'rwm' }],
  sysctls: { 'net.ipv4.ip_forward': '1' },
  shmSize: 64 * 2 ** 20,
  init: true,
  stop: { signal: 2, timeout: -1 },
  restart: { policy: 'on-failure', retries: 3 },
  health: {
    test: ['CMD-SHELL', 'true'],
    interval: 30e9,
    timeout: 5e9,
    startPeriod: 1e9,
    startInterval: 2e9,
    retries: 4,
    onFailure: 'restart',
  },
  log: { driver: 'json-file', maxSize: 1e7, maxFiles: 3, options: {} },
  autoRemove: true,
  storage: { driver: 'overlay' },
  runtime: null,
  cidFile: '',
  timeout: 90,
  pidFile: '/run/my.pid',
}

/** The record written by the tool's own writers; what they wrote. */
function written(name: string, change: Partial<ContainerRecord>) {
  const folder = user.makeFolder(name)
  const at = (part: string) => join(user.folder, part)
  const around = {
    directories: { data: at('data'), runtime: at('run'), cache: at('cache') },
    containers: {
      folderOf: (id: string) => at(`containers/${id}`),
      namePath: (it: string) => at(`names/${it}`),
    },
    volumes: {
      mountpointOf: (it: string) => at(`volumes/${it}/_data`),
      folderOf: (it: string) => at(`volumes/${it}`),
    },
    path: '/usr/bin',
  } as unknown as Parameters<typeof writeBundle>[2]
  writeBundle({ ...record, ...change }, folder, around, true)
  const json = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'))
  const { annotations: _, ...config } = json('config.json')
  return { folder, config, sampan: json('sampan.json') }
}

describe('what TypeScript writes', () => {
  const cases: readonly [string, Partial<ContainerRecord>][] = [
    ['everything', { network: { ...record.network, mode: { kind: 'none' } } }],
    [
      'a joined network',
      { network: { ...record.network, mode: { kind: 'container', container: 'c'.repeat(64) } } },
    ],
    [
      'nothing but defaults',
      { health: null, autoRemove: false, init: false, mounts: [], devices: [], sysctls: {} },
    ],
    [
      'all of the host',
      {
        network: { ...record.network, mode: { kind: 'host' } },
        namespaces: { pid: 'host', ipc: 'host', uts: 'host', cgroup: 'host', user: null },
      },
    ],
    ['a vfs store', { storage: { driver: 'vfs' } }],
    ['no seccomp', { security: { ...record.security, seccomp: 'unconfined' } }],
    [
      'a profile of its own',
      {
        security: {
          ...record.security,
          seccomp: {
            ...defaultSeccomp(['CAP_SYS_ADMIN']),
            flags: ['SECCOMP_FILTER_FLAG_LOG'],
            defaultErrnoRet: 38,
          },
        },
      },
    ],
  ]
  test.each(cases)('C reads the same: %s', async (name, change) => {
    const mode = change.network?.mode ?? { kind: 'none' as const }
    const { folder, config, sampan } = written(name.replaceAll(' ', '-'), {
      ...change,
      network: { ...record.network, mode },
    })
    const { code, stdout, stderr } = await checked(folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const understood = JSON.parse(stdout)
    expect(essence(understood.config)).toEqual(essence(config))
    expect(essence(understood.sampan)).toEqual(essence(sampan))
  })
})

describe('what C does not honour', () => {
  let bundle: Bundle
  beforeAll(() => {
    bundle = new Bundle(user, { args: ['true'] })
    return () => bundle.remove()
  })

  /** The bundle with one member changed, given by its dotted path. */
  async function refusal(file: 'config.json' | 'sampan.json', path: string, value: unknown) {
    const folder = user.makeFolder(`refused-${path}`)
    for (const each of ['config.json', 'sampan.json']) {
      const json = JSON.parse(readFileSync(join(bundle.folder, each), 'utf8'))
      if (each === file) set(json, path.split('.'), value)
      user.file(join(`refused-${path}`, each), JSON.stringify(json))
    }
    return checked(folder)
  }

  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  function set(object: any, [name = '', ...rest]: string[], value: unknown) {
    if (rest.length === 0) object[name] = value
    else {
      object[name] ??= {}
      set(object[name], rest, value)
    }
  }

  const honoured = 'is not honoured by sampan'
  test.each<['config.json' | 'sampan.json', string, unknown, string]>([
    ['config.json', 'nonsense', 1, 'config.json: unknown field nonsense'],
    ['config.json', 'process.nonsense', 1, 'config.json: unknown field process.nonsense'],
    ['config.json', 'linux.nonsense', {}, 'config.json: unknown field linux.nonsense'],
    ['config.json', 'mounts.0.nonsense', 1, 'config.json: unknown field mounts[0].nonsense'],
    ['config.json', 'hooks', { prestart: [{ path: '/x' }] }, `config.json: hooks ${honoured}`],
    ['config.json', 'process.apparmorProfile', 'x', `config.json: process.apparmorProfile ${honoured}`],
    ['config.json', 'linux.uidMappings', [{}], 'config.json: linux.uidMappings[0].containerID is missing'],
    ['config.json', 'linux.resources', { pids: {} }, `config.json: linux.resources ${honoured}`],
    ['config.json', 'process.args', [], 'config.json: process.args is empty'],
    ['config.json', 'process.args', 'true', 'config.json: process.args is not a list of strings'],
    ['config.json', 'process.args', ['x', 1], 'config.json: process.args is not a list of strings'],
    ['config.json', 'process.cwd', 'relative', 'config.json: process.cwd is not an absolute path'],
    ['config.json', 'process.user', undefined, 'config.json: process.user is missing'],
    ['config.json', 'process.user.uid', 'root', 'config.json: process.user.uid is not a whole number'],
    ['config.json', 'process.user.uid', 1.5, 'config.json: process.user.uid is not a whole number'],
    ['config.json', 'process.terminal', 1, 'config.json: process.terminal is not true or false'],
    ['config.json', 'ociVersion', '2.0.0', 'config.json: ociVersion 2.0.0 is not one we read (1.x)'],
    ['sampan.json', 'nonsense', null, 'sampan.json: unknown field nonsense'],
    ['sampan.json', 'network.nonsense', 1, 'sampan.json: unknown field network.nonsense'],
    ['sampan.json', 'version', 2, 'sampan.json: version 2 is not the one we read (1)'],
    [
      'sampan.json',
      'network.mode',
      'macvlan',
      'sampan.json: network.mode: "macvlan" is not one of the known values',
    ],
    ['sampan.json', 'storage.lower', [], 'sampan.json: storage: links, lower, upper and work are needed'],
    [
      'sampan.json',
      'storage.driver',
      'zfs',
      'sampan.json: storage.driver: "zfs" is not one of the known values',
    ],
  ])('%s with %s = %j is refused', async (file, path, value, message) => {
    const { code, stdout, stderr } = await refusal(file, path, value)
    expect({ code, stdout }).toEqual({ code: 125, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ event: 'failed', step: 'read bundle', message })
  })

  test('what means nothing may be there: empty hooks, null, annotations', async () => {
    expect(await refusal('config.json', 'hooks', {})).toMatchObject({ code: 0 })
    expect(await refusal('config.json', 'process.apparmorProfile', null)).toMatchObject({ code: 0 })
    expect(await refusal('config.json', 'annotations', { a: 'b' })).toMatchObject({ code: 0 })
  })

  test('an OCI runtime reads config.json itself: then it may have more than we honour', async () => {
    expect(await refusal('config.json', 'linux.intelRdt', { a: 1 })).toMatchObject({ code: 125 })
    const folder = user.makeFolder('for-runc')
    const read = (file: string) => JSON.parse(readFileSync(join(bundle.folder, file), 'utf8'))
    user.file(
      'for-runc/config.json',
      JSON.stringify({ ...read('config.json'), hooks: { prestart: [{}] }, vm: {} }),
    )
    const runtime = { path: '/usr/sbin/runc', root: '/run/x' }
    user.file('for-runc/sampan.json', JSON.stringify({ ...read('sampan.json'), runtime }))
    expect(await checked(folder)).toMatchObject({ code: 0 })
  })

  test.each([
    ['{', 'config.json is not valid JSON'],
    ['', 'config.json is not valid JSON'],
    ['[]', 'config.json: the file is not a JSON object'],
  ])('a config.json of %j is refused in a sentence', async (text, message) => {
    const folder = user.makeFolder('broken')
    user.file('broken/config.json', text)
    user.file('broken/sampan.json', readFileSync(join(bundle.folder, 'sampan.json')))
    expect(JSON.parse((await checked(folder)).stderr).message).toContain(message)
  })

  test('a bundle that is not there is named', async () => {
    expect(JSON.parse((await checked('/no/such')).stderr).message).toBe('No such container: such')
    const empty = user.makeFolder('empty')
    expect(JSON.parse((await checked(empty)).stderr).message).toBe(
      `read bundle ${empty}/sampan.json: No such file or directory`,
    )
  })
})

test('numbers at the edge survive', async () => {
  const bundle = new Bundle(user, {
    args: ['true'],
    process: { rlimits: [{ type: 'RLIMIT_CORE', soft: 2 ** 53, hard: 1e21 }] },
  })
  const { stdout } = await checked(bundle.folder)
  expect(stdout).toContain('"soft":9007199254740992,"hard":18446744073709551615')
  await bundle.remove()
})
