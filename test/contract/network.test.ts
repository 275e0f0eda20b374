/** The monitor's part of networking: ports.json, the program that carries packets, and what is said when it cannot. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BoundPorts, BundleNetwork } from '../../src/platform/helper/bundle.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'
import { type Bundle, bundleMaker } from './bundle.ts'

const user = testUser()
const make = bundleMaker(user)

function bundle(network: Partial<BundleNetwork>, args: readonly string[] = ['sleep', '1000']): Bundle {
  const whole = {
    mode: 'slirp',
    container: null,
    command: ['/usr/bin/slirp4netns'],
    mtu: 16384,
    ports: [],
  } as const
  return make({
    args,
    sampan: { network: { ...whole, ...network } },
    namespaces: ['mount', 'pid', 'ipc', 'uts', 'network'].map((type) => ({ type })),
  })
}

const ports = (c: Bundle) => JSON.parse(readFileSync(join(c.folder, 'ports.json'), 'utf8')) as BoundPorts

test('ports.json has the rows that were asked for, in their order, with real ports', async () => {
  const asked = [
    { hostIp: '', hostPort: 0, containerPort: 80, protocol: 'tcp' },
    { hostIp: '127.0.0.1', hostPort: 0, containerPort: 53, protocol: 'udp' },
    { hostIp: '::1', hostPort: 0, containerPort: 80, protocol: 'tcp' },
  ] as const
  const c = bundle({ ports: asked })
  expect((await c.start()).event).toMatchObject({ event: 'started' })
  const bound = ports(c)
  expect(bound).toEqual({
    version: 1,
    ports: asked.map((row) => ({ ...row, hostPort: expect.any(Number) })),
  })
  for (const { hostPort } of bound.ports) expect(hostPort).toBeGreaterThan(1023)
})

test('a program that cannot run: its name, its words, exit code 125, no container', async () => {
  const c = bundle({ command: ['/bin/sh', '-c', 'echo some words >&2; echo the last words >&2; exit 3'] })
  const { code, event } = await c.start()
  expect(code).toBe(125)
  expect(event).toMatchObject({
    event: 'failed',
    message: 'slirp4netns failed: the last words',
    exitCode: 125,
  })
  expect(c.state()).toMatchObject({ status: 'created', pid: 0 })
})

test('a program that is not there', async () => {
  const { event } = await bundle({ command: ['/nonexistent/slirp4netns'] }).start()
  expect(event).toMatchObject({
    event: 'failed',
    message: 'slirp4netns failed: execve /nonexistent/slirp4netns: No such file or directory',
  })
})

test('a program that never gets ready has ten seconds', async () => {
  const began = performance.now()
  const { event } = await bundle({ command: ['/bin/sh', '-c', 'exec sleep 60'] }).start()
  expect(event).toMatchObject({ event: 'failed', message: 'slirp4netns was not ready after 10 seconds' })
  expect(performance.now() - began).toBeLessThan(15_000)
})

describe.each([
  ['slirp', '/usr/bin/slirp4netns'],
  ['pasta', '/usr/bin/pasta'],
] as const)('%s', (mode, program) => {
  test('the same addresses, whichever program it is', async () => {
    const c = bundle({ mode, command: [program] }, [
      'sh',
      '-c',
      'cat /proc/net/route /proc/net/fib_trie; exec sleep 1000',
    ])
    await c.start()
    const text = await eventually('it has printed them', 5000, () => {
      const lines = c.log().map(({ log }) => log)
      expect(lines.join('')).toContain('Local:')
      return lines.join('')
    })
    // 10.0.2.2 as the kernel prints it: the bytes of the address as one number of this machine.
    expect(text).toMatch(/^tap0\t00000000\t0202000A\t/m)
    expect(text).toMatch(/10\.0\.2\.100\n\s+\/32 host LOCAL/)
  })

  test('a monitor that is killed takes it along', async () => {
    const c = bundle({ mode, command: [program] })
    await c.start()
    const { monitorPid } = c.state()
    const children = readFileSync(`/proc/${monitorPid}/task/${monitorPid}/children`, 'utf8').trim().split(' ')
    expect(children).toHaveLength(2)
    process.kill(monitorPid, 'SIGKILL')
    await eventually('both have ended', 5000, () => {
      for (const pid of children) expect(stateOf(pid)).toMatch(/^[ZX]?$/)
    })
  })
})

/** The state letter of /proc/PID/stat; '' when there is no such process. */
function stateOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').slice(0, 1)
  } catch {
    return ''
  }
}
