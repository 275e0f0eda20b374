/** What some machines have and others lack, for tests that need it: each lack is a sentence, printed where the test is skipped. */
import { existsSync, readFileSync } from 'node:fs'
import { type TestAPI, test } from 'vitest'
import type { TestUser } from './user.ts'

type Lack = (user: TestUser) => Promise<string | undefined>

/** Limits and the freezer: a cgroup v2 tree whose part below the user's session a plain user may change. */
export const delegatedCgroup: Lack = async (user) => {
  if (!existsSync('/sys/fs/cgroup/cgroup.controllers'))
    return 'this machine has no cgroup v2 at /sys/fs/cgroup'
  if (user.uid === 0) return 'root makes cgroups beside those of the machine'
  const own = readFileSync('/proc/self/cgroup', 'utf8').trim().slice('0::'.length)
  const service =
    /^.*\/user@\d+\.service/.exec(own)?.[0] ?? `/user.slice/user-${user.uid}.slice/user@${user.uid}.service`
  const file = `/sys/fs/cgroup${service}/cgroup.controllers`
  const delegated = existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ') : []
  const missing = ['memory', 'pids'].filter((name) => !delegated.includes(name))
  return missing.length > 0 ? `the session of ${user.name} was not given ${missing.join(', ')}` : undefined
}

export const journal: Lack = async (user) => {
  if (!existsSync('/run/systemd/journal/socket')) return 'this machine has no journal'
  const { code, stderr } = await user.run(['journalctl', '-q', '-n', '1'])
  return code === 0 ? undefined : `journalctl: ${stderr.trim()}`
}

/** A test that is skipped, with the reason, where the machine lacks what it needs. */
export function testNeeding(lack: Lack, user: TestUser): (name: string, story: () => Promise<void>) => void {
  let found: Promise<string | undefined> | undefined
  return (name, story) =>
    (test as TestAPI)(name, async ({ skip }) => {
      // Only the verbose reporter prints what skip() is told: say it once.
      found ??= lack(user).then((reason) => {
        if (reason !== undefined) process.stderr.write(`skipped: ${reason}\n`)
        return reason
      })
      const reason = await found
      if (reason !== undefined) skip(reason)
      await story()
    })
}
