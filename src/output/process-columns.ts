/** The columns of `top`, by the names ps(1) has for them, and which the words after the container ask for. */

import { totalmem } from 'node:os'
import { usage } from '../errors.ts'
import type { ProcessRow } from '../operations/top.ts'
import { TICKS_A_SECOND } from '../platform/host/processes.ts'

export interface ProcessColumn {
  readonly heading: string
  readonly value: (row: ProcessRow) => string
}

const PAGE = 4096
const DAY = 86_400

function column(heading: string, value: (row: ProcessRow) => string | number): ProcessColumn {
  return { heading, value: (row) => String(value(row)) }
}

const [user, group] = [column('USER', (row) => row.user), column('GROUP', (row) => row.groupName)]
const [args, comm] = [column('COMMAND', (row) => row.command), column('COMMAND', (row) => row.name)]
const terminal = column('TTY', (row) => terminalName(row.terminal))
const time = column('TIME', (row) => clock(row.ticks / TICKS_A_SECOND, 2))
const share = column('%CPU', (row) => cpuShare(row).toFixed(1))
const begun = column('STIME', (row) => beginning(row.started))
const resident = column('RSS', ({ resident }) => (resident * PAGE) / 1024)
const virtual = column('VSZ', ({ virtual }) => virtual / 1024)
const nice = column('NI', (row) => row.nice)
const threads = column('NLWP', (row) => row.threads)
const state = column('S', (row) => row.state)
const memory = column('%MEM', (row) => ((row.resident * PAGE * 100) / totalmem()).toFixed(1))

const columns: Readonly<Record<string, ProcessColumn>> = {
  user,
  uname: user,
  euser: { ...user, heading: 'EUSER' },
  ruser: { ...user, heading: 'RUSER' },
  uid: column('UID', (row) => row.uid),
  euid: column('EUID', (row) => row.uid),
  group,
  egroup: { ...group, heading: 'EGROUP' },
  rgroup: { ...group, heading: 'RGROUP' },
  gid: column('GID', (row) => row.gid),
  pid: column('PID', (row) => row.pid),
  hpid: column('HPID', (row) => row.pid),
  nspid: column('NSPID', (row) => row.innerPid),
  ppid: column('PPID', (row) => row.parent),
  pgid: column('PGID', (row) => row.group),
  pgrp: column('PGRP', (row) => row.group),
  sid: column('SID', (row) => row.session),
  sess: column('SESS', (row) => row.session),
  c: column('C', (row) => Math.trunc(Math.min(99, cpuShare(row)))),
  pcpu: share,
  '%cpu': share,
  pmem: memory,
  '%mem': memory,
  vsz: virtual,
  vsize: virtual,
  rss: resident,
  rssize: { ...resident, heading: 'RSZ' },
  rsz: { ...resident, heading: 'RSZ' },
  tty: terminal,
  tt: { ...terminal, heading: 'TT' },
  tname: terminal,
  s: state,
  state,
  stat: column('STAT', statWord),
  stime: begun,
  start_time: { ...begun, heading: 'START' },
  start: { ...begun, heading: 'START' },
  time,
  cputime: time,
  etime: column('ELAPSED', (row) => clock(age(row), 1)),
  etimes: column('ELAPSED', (row) => Math.trunc(age(row))),
  nice,
  ni: nice,
  pri: column('PRI', ({ priority }) => 39 - priority),
  nlwp: threads,
  thcount: { ...threads, heading: 'THCNT' },
  comm,
  ucmd: { ...comm, heading: 'CMD' },
  ucomm: comm,
  args,
  cmd: { ...args, heading: 'CMD' },
  command: args,
}

const full = list('user=UID,pid,ppid,c,stime,tty,time,cmd')
const bsd = list('user,pid,%cpu,%mem,vsz,rss,tty,stat,start,time,command')

/**
 * `-ef`, `aux`, `-o pid,args`, `-eo pid=ID`, and podman's bare names. Nothing is docker's `-ef`.
 * @throws usage for a column or an option that is not known
 */
export function processColumns(words: readonly string[]): readonly ProcessColumn[] {
  const chosen: ProcessColumn[] = []
  const names: string[] = []
  let whole: readonly ProcessColumn[] | undefined
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const own = /^(?:-?[aAefxTw]*o|--format=?)(.*)$/.exec(word)
    if (own !== null && columns[word] === undefined) {
      // The names are the rest of this word, or the next one.
      if (own[1] === '') at += 1
      const given = own[1] || (words[at] ?? '')
      chosen.push(...list(given))
    } else if (/^-?[aA]?x?ux?$|^-?a?u?x$/.test(word) && word.includes('u')) whole = bsd
    else if (/^-[aAefFxw]+$/.test(word)) whole = word.includes('f') ? full : whole
    else if (word.startsWith('-')) throw unknownOption(word)
    else names.push(word)
  }
  chosen.push(...names.flatMap(list))
  return chosen.length > 0 ? chosen : (whole ?? full)
}

function list(given: string): ProcessColumn[] {
  return given
    .split(/[,\s]+/)
    .filter((name) => name !== '')
    .map((name) => {
      const [key = '', heading] = name.split('=', 2)
      const found = columns[key.toLowerCase()]
      if (found === undefined) throw unknownColumn(key)
      return heading === undefined ? found : { ...found, heading }
    })
}

function unknownColumn(name: string): Error {
  return usage(`unknown column "${name}"`, `one of ${Object.keys(columns).join(', ')}`)
}

function unknownOption(word: string): Error {
  return usage(`unknown option "${word}" of ps`, 'top knows -ef, aux and -o COLUMN,COLUMN…')
}

function age({ started }: ProcessRow): number {
  return Math.max(0, (Date.now() - started) / 1000)
}

/** Percent of one processor over its whole life, as ps(1) counts. */
function cpuShare(row: ProcessRow): number {
  const seconds = age(row)
  return seconds < 1 ? 0 : (row.ticks / TICKS_A_SECOND / seconds) * 100
}

/** `[days-]hours:minutes:seconds`; `parts`: how many pairs of digits there are at least besides the seconds. */
function clock(seconds: number, parts: 1 | 2): string {
  const whole = Math.trunc(seconds)
  const two = (n: number) => String(n).padStart(2, '0')
  const days = Math.trunc(whole / DAY)
  const hours = Math.trunc((whole % DAY) / 3600)
  const rest = `${two(Math.trunc((whole % 3600) / 60))}:${two(whole % 60)}`
  if (days > 0) return `${days}-${two(hours)}:${rest}`
  return hours > 0 || parts === 2 ? `${two(hours)}:${rest}` : rest
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The time for one of today, the day for older ones. */
function beginning(started: number): string {
  const date = new Date(started)
  const two = (n: number) => String(n).padStart(2, '0')
  if (date.toDateString() === new Date().toDateString())
    return `${two(date.getHours())}:${two(date.getMinutes())}`
  return `${MONTHS[date.getMonth()]}${two(date.getDate())}`
}

/** Pseudo terminals have the majors 136 to 143; the number is the kernel's packed one (proc_pid_stat(5)). */
function terminalName(device: number): string {
  if (device === 0) return '?'
  const major = (device >> 8) & 0xfff
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00)
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`
  return major === 4 && minor < 64 ? `tty${minor}` : `${major}:${minor}`
}

/** As ps(1): the state, then nice or not, session leader, threads, in the foreground. */
function statWord({ pid, state, nice, session, threads, foreground, group }: ProcessRow): string {
  const rank = nice < 0 ? '<' : nice > 0 ? 'N' : ''
  return `${state}${rank}${session === pid ? 's' : ''}${threads > 1 ? 'l' : ''}${foreground === group ? '+' : ''}`
}
