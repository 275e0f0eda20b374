/** restart: the container stays the same, its run does not. */
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const quiet = ['--network', 'none']
const sleeper = (name: string, ...args: string[]) =>
  user.ok(['run', '-d', '--name', name, ...quiet, ...args, image, 'sleep', '600'])
const field = (name: string, template: string) => user.ok(['inspect', '-f', template, name])

describe('restart', () => {
  test('one that runs gets a new process and keeps its files', async () => {
    const id = await sleeper('again')
    const before = await field('again', '{{.State.Pid}}')
    await user.ok(['exec', 'again', 'sh', '-c', 'echo kept > /note'])
    expect(await user.ok(['restart', '-t', '0', 'again'])).toBe('again')
    expect(await field('again', '{{.Id}} {{.State.Status}}')).toBe(`${id} running`)
    expect(await field('again', '{{.State.Pid}}')).not.toBe(before)
    expect(await user.ok(['exec', 'again', 'cat', '/note'])).toBe('kept')
  })

  test('one that has stopped is started', async () => {
    await sleeper('halted')
    await user.ok(['stop', '-t', '0', 'halted'])
    expect(await user.ok(['container', 'restart', 'halted'])).toBe('halted')
    expect(await field('halted', '{{.State.Status}}')).toBe('running')
  })

  test('--rm does not remove it: its end is not the last one', async () => {
    const id = await sleeper('brief', '--rm')
    await user.ok(['restart', '-t', '0', 'brief'])
    expect(await field('brief', '{{.Id}} {{.State.Status}}')).toBe(`${id} running`)
    await user.ok(['stop', '-t', '0', 'brief'])
    expect((await user.sampan(['inspect', 'brief'])).code).toBe(1)
  })

  test('--running leaves those alone that do not run', async () => {
    await user.ok(['create', '--name', 'never', ...quiet, image, 'true'])
    const lines = (await user.ok(['restart', '--running', '-t', '0'])).split('\n')
    expect(lines.length).toBeGreaterThan(0)
    expect(await field('never', '{{.State.Status}}')).toBe('created')
  })

  test('a name that is not there', async () => {
    const { code, stderr } = await user.sampan(['restart', 'ghost'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('No such container: ghost')])
  })
})
