/** `--ulimit nofile=1024:2048`. */
import { readFileSync } from 'node:fs'
import { usage } from '../../errors.ts'
import type { Rlimit } from '../../oci/runtime-spec.ts'

/** Our names and the titles of /proc/self/limits. */
const RESOURCES: Readonly<Record<string, string>> = {
  core: 'Max core file size',
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  locks: 'Max file locks',
  memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  nofile: 'Max open files',
  nproc: 'Max processes',
  rss: 'Max resident set',
  rtprio: 'Max realtime priority',
  rttime: 'Max realtime timeout',
  sigpending: 'Max pending signals',
  stack: 'Max stack size',
}

/** RLIM_INFINITY; only for comparing, it is no JSON integer of JavaScript. */
const UNLIMITED = Number.POSITIVE_INFINITY
/** The largest limit we write: "unlimited" for every purpose, and exact in JSON. */
const LARGEST = Number.MAX_SAFE_INTEGER

/**
 * `NAME=SOFT[:HARD]`, -1 is unlimited. A plain user cannot raise a hard limit, so values above the caller's own are
 * lowered to it; `note` is told when a number given was. Throws usage.
 */
export function parseUlimits(given: readonly string[], note: (line: string) => void): Rlimit[] {
  if (given.length === 0) return []
  const own = hardLimits()
  const limits = new Map<string, Rlimit>()
  for (const word of given) {
    const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(word)
    if (match === null)
      throw usage(`invalid ulimit argument: ${word}`, 'write NAME=SOFT[:HARD], e.g. nofile=1024:2048')
    const name = match[1] ?? ''
    const title = RESOURCES[name]
    if (title === undefined)
      throw usage(`invalid ulimit type: ${name}`, `one of ${Object.keys(RESOURCES).join(', ')}`)
    const soft = amount(match[2])
    const hard = match[3] === undefined ? soft : amount(match[3])
    if (soft > hard) throw usage(`ulimit soft limit must be less than or equal to hard limit: ${word}`)
    const most = own.get(title) ?? UNLIMITED
    if (hard > most && hard !== UNLIMITED) {
      note(`--ulimit ${word}: your own hard limit is ${most}, and only root can raise it: using ${most}`)
    }
    limits.set(name, {
      type: `RLIMIT_${name.toUpperCase()}`,
      soft: Math.min(soft, most, LARGEST),
      hard: Math.min(hard, most, LARGEST),
    })
  }
  return [...limits.values()]
}

function amount(text: string | undefined): number {
  return text === '-1' ? UNLIMITED : Number(text)
}

function hardLimits(): Map<string, number> {
  const limits = new Map<string, number>()
  for (const line of readFileSync('/proc/self/limits', 'utf8').split('\n')) {
    const match = /^(Max [a-z ]+?)\s{2,}\S+\s+(\S+)/.exec(line)
    if (match?.[1] !== undefined)
      limits.set(match[1], match[2] === 'unlimited' ? UNLIMITED : Number(match[2]))
  }
  return limits
}
