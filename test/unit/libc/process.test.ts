import { closeSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { memoryFile, Pidfd, startTicksOf } from '../../../src/platform/libc/process.ts'
import { bunScript } from './script.ts'

const beyondAnyPid = 4_194_305

test('no process: no pidfd, no start time', () => {
  expect(Pidfd.open(beyondAnyPid)).toBeUndefined()
  expect(startTicksOf(beyondAnyPid)).toBeUndefined()
})

test('a process that started at another time is another process', () => {
  const ticks = startTicksOf(process.pid) ?? 0
  expect(ticks).toBeGreaterThan(0)
  expect(Pidfd.open(process.pid, ticks + 1)).toBeUndefined()
  using ours = Pidfd.open(process.pid, ticks)
  expect(ours?.pid).toBe(process.pid)
})

test('waiting ends at the deadline, or with the process; then there is nobody to signal', () => {
  const child = Bun.spawn(['sleep', '30'])
  using target = Pidfd.open(child.pid)
  expect(target?.waitForEnd(20)).toBe(false)
  expect(target?.signal(15)).toBe(true)
  expect(target?.waitForEnd(5000)).toBe(true)
})

test('somebody else’s process: EPERM has a code', () => {
  using init = Pidfd.open(1)
  if (process.getuid?.() === 0) expect(init?.signal(0)).toBe(true)
  else expect(() => init?.signal(0)).toThrow(expect.objectContaining({ code: 'EPERM' }))
})

test('execve: the other program gets our arguments and environment, and SIGPIPE as it was', async () => {
  const { stdout, code } = await bunScript(`
    import { execve } from 'SRC/platform/libc/process.ts'
    execve('/bin/sh', ['sh', '-c', 'echo "$0 $A"; grep SigIgn /proc/self/status', 'ärgs'], { A: 'b c', B: undefined })
  `).result()
  expect({ stdout, code }).toEqual({
    stdout: 'sh b c\nSigIgn:\t0000000000000000\n'.replace('sh', 'ärgs'),
    code: 0,
  })
})

test('execve of nothing throws ENOENT', async () => {
  const { stdout } = await bunScript(`
    import { execve } from 'SRC/platform/libc/process.ts'
    try { execve('/nonexistent', ['x'], {}) } catch (error) { console.log(error.code, error.message) }
  `).result()
  expect(stdout).toBe('ENOENT execve /nonexistent: No such file or directory\n')
})

test('a file in memory is read from its start', () => {
  const fd = memoryFile('words', 'some content')
  expect(readFileSync(fd, 'utf8')).toBe('some content')
  closeSync(fd)
})
