import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cgroups, ownGroup } from '../../../src/platform/host/cgroups.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cgroups-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function file(path: string, content: string) {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), content)
}

test('without a file of controllers at the top it is version 1, and there are no limits', () => {
  file('self', '4:memory:/x\n0::/\n')
  expect(cgroups(join(folder, 'fs'), ownGroup(join(folder, 'self')))).toEqual({
    version: '1',
    controllers: [],
  })
})

test('the controllers of our own group count when we may write there', () => {
  file('self', '0::/user.slice/me\n')
  file('fs/cgroup.controllers', 'cpuset cpu io memory pids\n')
  file('fs/user.slice/me/cgroup.controllers', 'memory pids\n')
  file('fs/user.slice/me/cgroup.procs', '')
  expect(cgroups(join(folder, 'fs'), ownGroup(join(folder, 'self')))).toEqual({
    version: '2',
    controllers: ['memory', 'pids'],
  })
})

test('a group that is not there, or not ours, gives none', () => {
  file('self', '0::/gone\n')
  file('fs/cgroup.controllers', 'memory\n')
  expect(cgroups(join(folder, 'fs'), ownGroup(join(folder, 'self')))).toEqual({
    version: '2',
    controllers: [],
  })
  if (process.getuid?.() === 0) return
  file('self', '0::/root\n')
  file('fs/root/cgroup.controllers', 'memory\n')
  file('fs/root/cgroup.procs', '')
  chmodSync(join(folder, 'fs/root'), 0o555)
  expect(cgroups(join(folder, 'fs'), ownGroup(join(folder, 'self')))).toEqual({
    version: '2',
    controllers: [],
  })
  chmodSync(join(folder, 'fs/root'), 0o755)
})
