import { describe, expect, test } from 'vitest'
import type { State } from '../../../src/containers/state.ts'
import { parseExpose, parsePublish } from '../../../src/networks/ports.ts'
import { portsCell, statusCell } from '../../../src/output/container-view.ts'

const now = Date.parse('2026-11-22T12:00:00Z')
const at = (ago: number) => new Date(now - ago * 1000).toISOString()
const common = { restartCount: 0, error: '', health: null }
const health = (status: 'starting' | 'healthy' | 'unhealthy') => ({ status, failingStreak: 0, log: [] })
const running = {
  ...common,
  status: 'running',
  pid: 1,
  startTicks: 1,
  monitorPid: 1,
  finishedAt: '',
} as const
const exited = { ...common, status: 'exited', signal: 0, oomKilled: false, startedAt: at(99) } as const

describe('the STATUS cell', () => {
  test.each<[string, State]>([
    ['Created', { ...common, status: 'created', exitCode: 0 }],
    ['Up 2 minutes', { ...running, startedAt: at(120) }],
    ['Up Less than a second', { ...running, startedAt: at(0) }],
    ['Up 5 seconds (Paused)', { ...running, status: 'paused', startedAt: at(5) }],
    ['Up About an hour (healthy)', { ...running, startedAt: at(3600), health: health('healthy') }],
    ['Up 3 seconds (health: starting)', { ...running, startedAt: at(3), health: health('starting') }],
    ['Up 2 days (unhealthy)', { ...running, startedAt: at(2 * 86400), health: health('unhealthy') }],
    ['Exited (0) 3 hours ago', { ...exited, exitCode: 0, finishedAt: at(3 * 3600) }],
    ['Exited (137) 1 second ago', { ...exited, exitCode: 137, finishedAt: at(1) }],
    [
      'Restarting (1) 5 seconds ago',
      { ...common, status: 'restarting', monitorPid: 1, exitCode: 1, startedAt: at(9), finishedAt: at(5) },
    ],
  ])('%s', (cell, state) => expect(statusCell(state, now)).toBe(cell))
})

describe('the PORTS cell', () => {
  test.each([
    [[], [], ''],
    [[], ['80'], '80/tcp'],
    [['8080:80'], ['80'], '0.0.0.0:8080->80/tcp, [::]:8080->80/tcp'],
    [['127.0.0.1:8080:80'], ['80', '443'], '443/tcp, 127.0.0.1:8080->80/tcp'],
    [['[::1]:8080:80'], [], '[::1]:8080->80/tcp'],
    [['127.0.0.1:53:53/udp'], [], '127.0.0.1:53->53/udp'],
    [['127.0.0.1:8000-8002:80-82'], [], '127.0.0.1:8000-8002->80-82/tcp'],
    [['127.0.0.1:8000:80', '127.0.0.1:9000:81'], [], '127.0.0.1:8000->80/tcp, 127.0.0.1:9000->81/tcp'],
    [[], ['7000-7002', '53/udp'], '7000-7002/tcp, 53/udp'],
  ])('-p %j, exposed %j', (published, exposed, cell) =>
    expect(portsCell(published.flatMap(parsePublish), exposed.flatMap(parseExpose))).toBe(cell),
  )
})
