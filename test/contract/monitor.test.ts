import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'
import { bundleMaker } from './bundle.ts'

const user = testUser()
const bundle = bundleMaker(user)

const sh = (script: string) => ['sh', '-c', script]

describe('in the background', () => {
  test('one line says that it runs, and the record has its pid', async () => {
    const c = bundle({ args: ['sleep', '1000'] })
    const { code, event } = await c.start()
    expect(event).toEqual({ event: 'started', pid: expect.any(Number) })
    expect(code).toBe(0)
    expect(c.state()).toMatchObject({ status: 'running', pid: event['pid'], exitCode: 0, error: '' })
  })

  test('output goes to the log, line by line, by stream', async () => {
    const c = bundle({ args: sh('echo one; echo two >&2; printf three') })
    await c.start()
    await eventually('ends', 5000, () => expect(c.state().status).toBe('exited'))
    const records = c.log().map(({ log, stream }) => ({ log, stream }))
    expect(records.filter((each) => each.stream === 'stdout').map((each) => each.log)).toEqual([
      'one\n',
      'three',
    ])
    expect(records.filter((each) => each.stream === 'stderr').map((each) => each.log)).toEqual(['two\n'])
  })

  test.each([
    ['exit 0', 0, 0],
    ['exit 3', 3, 0],
  ])('the exit of `%s` is recorded', async (script, exitCode, signal) => {
    const c = bundle({ args: sh(script) })
    await c.start()
    await eventually('ends', 5000, () =>
      expect(c.state()).toMatchObject({ status: 'exited', exitCode, signal }),
    )
  })
})

describe('in the foreground', () => {
  test('output arrives complete, and the exit code is the container’s', async () => {
    const c = bundle({ args: sh('echo out; echo err >&2; exit 7') })
    expect(await c.run('monitor', ['--attach'])).toMatchObject({ code: 7, stdout: 'out\n', stderr: 'err\n' })
  })

  test('a program that is not there: docker’s words, 127', async () => {
    const c = bundle({ args: ['nonsense'] })
    const { code, stderr } = await c.run('monitor', ['--attach'])
    expect(stderr).toContain('exec: "nonsense": executable file not found in $PATH')
    expect(code).toBe(127)
    expect(c.state()).toMatchObject({ status: 'created', exitCode: 127 })
  })

  test('--rm removes folder and name before it returns', async () => {
    const c = bundle({ args: ['true'], remove: true })
    expect(await c.run('monitor', ['--attach'])).toMatchObject({ code: 0, stderr: '' })
    expect(c.exists()).toBe(false)
    expect(existsSync(c.namePath)).toBe(false)
    expect(existsSync(join(c.runtime, 'c', c.id))).toBe(false)
  })
})
