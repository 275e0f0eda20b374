import { describe, expect, test } from 'vitest'
import type { ProcessRow } from '../../../src/operations/top.ts'
import { processColumns } from '../../../src/output/process-columns.ts'

const row: ProcessRow = {
  pid: 4100,
  name: 'nginx',
  state: 'S',
  parent: 4090,
  group: 4100,
  session: 4100,
  terminal: (136 << 8) | 3,
  foreground: 4100,
  ticks: 366_107,
  childTicks: 0,
  priority: 20,
  nice: 5,
  threads: 2,
  startTicks: 1,
  virtual: 10_240_000,
  resident: 50,
  uid: 33,
  gid: 33,
  user: 'www-data',
  groupName: 'www-data',
  innerPid: 7,
  command: 'nginx: worker process',
  started: Date.now() - 90_061_000,
}
const headings = (...words: string[]) =>
  processColumns(words)
    .map(({ heading }) => heading)
    .join(' ')

describe('which columns the words after the container ask for', () => {
  const cases: [string, string][] = [
    ['', 'UID PID PPID C STIME TTY TIME CMD'],
    ['-ef', 'UID PID PPID C STIME TTY TIME CMD'],
    ['-e -f', 'UID PID PPID C STIME TTY TIME CMD'],
    ['aux', 'USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND'],
    ['-aux', 'USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND'],
    ['-o pid,user,comm', 'PID USER COMMAND'],
    ['-opid,args', 'PID COMMAND'],
    ['-eo pid -o cmd', 'PID CMD'],
    ['-o pid=NUMBER,comm=', 'NUMBER '],
    ['--format pid', 'PID'],
    ['pid user', 'PID USER'],
    ['pid,hpid nspid', 'PID HPID NSPID'],
  ]
  test.each(cases)('%s → %s', (words, wanted) => {
    expect(headings(...words.split(' ').filter(Boolean))).toBe(wanted)
  })

  test('a column or option there is not is refused by name', () => {
    expect(() => processColumns(['-o', 'pid,shoe'])).toThrow('unknown column "shoe"')
    expect(() => processColumns(['--forest'])).toThrow('unknown option "--forest"')
  })
})

test('cells say what ps would say', () => {
  const names = 'pid,ppid,nspid,user,uid,tty,time,etime,stat,vsz,rss,ni,pri,nlwp,c,args'
  const cells = processColumns(['-o', names]).map(({ value }) => value(row))
  expect(cells).toEqual([
    '4100',
    '4090',
    '7',
    'www-data',
    '33',
    'pts/3',
    '01:01:01',
    '1-01:01:01',
    'SNsl+',
    '10000',
    '200',
    '5',
    '19',
    '2',
    '4',
    'nginx: worker process',
  ])
})
