import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ContainerRecord } from '../../../src/containers/record.ts'
import { NEVER, readState } from '../../../src/containers/state.ts'
import { ContainerStore, lockContainer } from '../../../src/containers/store.ts'
import { Lock } from '../../../src/platform/libc/lock.ts'

const root = mkdtempSync(join(tmpdir(), 'sampan-store-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let stores = 0
function newStore(): { store: ContainerStore; data: string } {
  stores += 1
  const data = join(root, String(stores))
  return { store: new ContainerStore({ data }), data }
}

const hex = (start: string) => start.padEnd(64, '0')
const record = (id: string, name: string) =>
  ({ version: 1, id: hex(id), name, process: {}, autoRemove: true }) as unknown as ContainerRecord

describe('finding', () => {
  const { store } = newStore()
  for (const [id, name] of [
    ['abc1', 'web'],
    ['abc2', 'abc'],
    ['d', 'deadbeef'],
  ] as const) {
    store.create(record(id, name), () => {})
  }

  test.each([
    ['web', 'abc1'],
    ['/web', 'abc1'],
    [hex('abc1'), 'abc1'],
    ['abc1', 'abc1'],
    ['abc', 'abc2'],
    ['d', 'd'],
    ['deadbeef', 'd'],
  ])('%s', (word, id) => expect(store.find(word).id).toBe(hex(id)))

  test.each(['nope', 'abc3', hex('f'), '', '../names', 'x/y'])('%j is not there', (word) =>
    expect(() => store.find(word)).toThrow(`No such container: ${word}`),
  )

  test('a beginning that several ids have is ambiguous', () =>
    expect(() => store.find('ab')).toThrow('multiple IDs found with provided prefix: ab'))
})

describe('names', () => {
  test('the second container of a name is refused in docker’s words, and leaves nothing', () => {
    const { store, data } = newStore()
    store.create(record('a', 'web'), () => {})
    expect(() => store.create(record('b', 'web'), () => {})).toThrow(
      `Conflict. The container name "/web" is already in use by container "${hex('a')}".`,
    )
    expect(readdirSync(join(data, 'containers'))).toEqual([hex('a')])
    expect(readdirSync(join(data, 'names'))).toEqual(['web'])
  })

  test('a create that fails gives the name back', () => {
    const { store, data } = newStore()
    const fail = () => {
      throw new Error('no space')
    }
    expect(() => store.create(record('a', 'web'), fail)).toThrow('no space')
    expect(readdirSync(join(data, 'containers'))).toEqual([])
    expect(readdirSync(join(data, 'names'))).toEqual([])
    store.create(record('b', 'web'), () => {})
    expect(store.find('web').id).toBe(hex('b'))
  })

  test('the reservation of a create that crashed is taken over', () => {
    const { store, data } = newStore()
    mkdirSync(join(data, 'names'), { recursive: true })
    writeFileSync(join(data, 'names/web'), hex('a'))
    store.create(record('b', 'web'), () => {})
    expect(store.find('web').id).toBe(hex('b'))
  })

  test('the reservation of a create that is at work is respected', () => {
    const { store, data } = newStore()
    mkdirSync(join(data, 'names'), { recursive: true })
    writeFileSync(join(data, 'names/web'), hex('a'))
    using _held = Lock.take(join(data, 'names/web'), 'exclusive')
    expect(() => store.create(record('b', 'web'), () => {})).toThrow('Conflict.')
    expect(readFileSync(join(data, 'names/web'), 'utf8')).toBe(hex('a'))
  })

  test('an interrupted create is seen as left over, not as a container', () => {
    const { store, data } = newStore()
    mkdirSync(join(data, `containers/${hex('a')}.tmp-1`), { recursive: true })
    mkdirSync(join(data, `containers/${hex('b')}.rm-2`))
    expect(store.list()).toEqual([])
    expect(store.survey()).toMatchObject({ containers: 0, leftovers: { length: 2 } })
  })
})

test('a container that was removed meanwhile cannot be locked', () => {
  const { store } = newStore()
  const container = store.create(record('a', 'web'), () => {})
  rmSync(container.folder, { recursive: true })
  expect(() => lockContainer(container)).toThrow('No such container')
  expect(existsSync(container.folder)).toBe(false)
})

describe('state', () => {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const written = {
    version: 1,
    status: 'running',
    pid: 12,
    startTicks: 34,
    monitorPid: 11,
    bootId: boot,
    startedAt: '2026-11-22T10:00:00.000000000Z',
    finishedAt: NEVER,
    exitCode: 0,
    signal: 0,
    oomKilled: false,
    error: '',
    restartCount: 0,
    health: null,
  }
  let folders = 0
  function bundle(state: object | string | undefined): string {
    folders += 1
    const folder = join(root, `bundle-${folders}`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'monitor.lock'), '')
    if (state !== undefined) {
      writeFileSync(join(folder, 'state.json'), typeof state === 'string' ? state : JSON.stringify(state))
    }
    return folder
  }

  test('nothing written: created', () => expect(readState(bundle(undefined)).status).toBe('created'))

  test('running while the monitor holds its lock', () => {
    const folder = bundle(written)
    using _held = Lock.take(join(folder, 'monitor.lock'), 'exclusive')
    expect(readState(folder)).toMatchObject({ status: 'running', pid: 12, startTicks: 34 })
  })

  test('restarting has no pid', () => {
    const folder = bundle({ ...written, status: 'restarting', exitCode: 3 })
    using _held = Lock.take(join(folder, 'monitor.lock'), 'exclusive')
    const state = readState(folder)
    expect(state).toMatchObject({ status: 'restarting', exitCode: 3 })
    expect('pid' in state).toBe(false)
  })

  test('a killed monitor: exited, and it says so', () => {
    const state = readState(bundle(written))
    expect(state).toMatchObject({
      status: 'exited',
      exitCode: 255,
      error: expect.stringContaining('monitor was killed'),
    })
    expect('pid' in state).toBe(false)
  })

  test('a state from before the machine went down is not believed, whoever holds the lock', () => {
    const folder = bundle({ ...written, bootId: 'another' })
    using _held = Lock.take(join(folder, 'monitor.lock'), 'exclusive')
    expect(readState(folder)).toMatchObject({
      status: 'exited',
      error: expect.stringContaining('machine went down'),
    })
  })

  test('an exit record needs no lock', () =>
    expect(readState(bundle({ ...written, status: 'exited', exitCode: 7 }))).toMatchObject({
      status: 'exited',
      exitCode: 7,
    }))

  test('a start that failed: created, with its error', () =>
    expect(
      readState(bundle({ ...written, status: 'created', exitCode: 127, error: 'not found' })),
    ).toMatchObject({
      status: 'created',
      exitCode: 127,
      error: 'not found',
    }))

  test('bytes that are no JSON are damaged, by name', () => {
    const folder = bundle('{"version":')
    expect(() => readState(folder)).toThrow(`${folder}/state.json is damaged`)
  })
})

test('ten processes that want one name, and sweep: one has it, nine hear who', () => {
  const { data } = newStore()
  const source = join(import.meta.dirname, '../../../src/containers')
  const directories = JSON.stringify({ data, runtime: data, cache: data, config: data })
  const program = `
    const { ContainerStore } = await import('${source}/store.ts')
    const { sweep } = await import('${source}/sweep.ts')
    const id = process.argv[1].padStart(64, '0')
    try {
      for (let round = 0; round < 20; round++) sweep(${directories})
      new ContainerStore(${directories}).create({ version: 1, id, name: 'web', process: {}, autoRemove: true }, () => {})
      console.log('mine')
    } catch (error) { console.log(error.message.replace(/"[0-9a-f]{64}"/, 'ID')) }
    for (let round = 0; round < 20; round++) sweep(${directories})`
  const script = Array.from({ length: 10 }, (_, at) => `"$0" -e "$1" ${at} &`).join('\n')
  const { stdout } = spawnSync('sh', ['-c', `${script}\nwait`, process.execPath, program], {
    encoding: 'utf8',
  })
  const words = stdout.trim().split('\n').sort()
  const conflict = expect.stringMatching(
    /^Conflict. The container name "\/web" is already in use by container ID/,
  )
  expect(words).toEqual([...Array<unknown>(9).fill(conflict), 'mine'])
  expect(readdirSync(join(data, 'names'))).toEqual(['web'])
})
