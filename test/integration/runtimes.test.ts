/** Because the bundle is a real OCI bundle, other runtimes start it too. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

/** Stock crun refuses some machines ("cgroups in hybrid mode not supported") whatever it is asked to run. */
async function refusal(runtime: string): Promise<string | undefined> {
  const folder = user.makeFolder(`try-${runtime}`)
  const probe = `
    cd ${folder} && mkdir -p rootfs && ${runtime} spec --rootless &&
    sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"nope"/' config.json && ${runtime} run probe 2>&1`
  const { stdout } = await user.run(['sh', '-c', probe])
  return /cgroups in hybrid mode/.exec(stdout)?.[0]
}

// As root these make cgroups on the host, which tests leave alone.
describe.skipIf(user.uid === 0).each(['runc', 'crun'])('--runtime %s', (runtime) => {
  let refused: string | undefined
  const on = (...args: string[]) => ['--runtime', runtime, ...args]
  const works = (name: string, story: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      refused ??= await refusal(runtime)
      if (refused !== undefined) skip(`${runtime} itself refuses this machine: ${refused}`)
      await story()
    })

  works('runs to the end: output, exit code, nothing left', async () => {
    const { code, stdout, stderr } = await user.sampan(
      on('run', '--rm', '--network', 'none', image, 'sh', '-c', 'id -u; exit 7'),
    )
    expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: '0\n', stderr: '' })
    expect(await user.leftovers()).toEqual([])
  })

  works('detached: ps, exec, logs, stop, start, rm', async () => {
    const script = 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.1; done'
    await user.ok(on('run', '-d', '--name', 'other', '--network', 'none', image, 'sh', '-c', script))
    expect(await user.ok(['ps', '--format', '{{.Names}} {{.State}}'])).toBe('other running')
    expect(await user.ok(['exec', 'other', 'cat', '/proc/1/comm'])).toBe('sh')
    expect(await user.ok(['stop', 'other'])).toBe('other')
    expect(await user.ok(['inspect', '-f', '{{.State.ExitCode}} {{.HostConfig.Runtime}}', 'other'])).toBe(
      `3 ${runtime}`,
    )
    expect(await user.ok(['logs', 'other'])).toBe('up\nbye')
    expect(await user.ok(['start', 'other'])).toBe('other')
    expect(await user.ok(['rm', '-f', 'other'])).toBe('other')
    expect(await user.leftovers()).toEqual([])
  })

  works('a killed monitor takes it along, and it starts again', async () => {
    await user.ok(on('run', '-d', '--name', 'alone', '--network', 'none', image, 'sleep', '600'))
    const [pid = '', monitor = ''] = (
      await user.ok(['inspect', '-f', '{{.State.Pid}} {{.State.ConmonPid}}', 'alone'])
    ).split(' ')
    process.kill(Number(monitor), 'SIGKILL')
    await eventually('it dies', 5_000, () => {
      const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ''
      expect(stat === '' || / Z /.test(stat)).toBe(true)
    })
    await user.ok(['start', 'alone'])
    expect(await user.ok(['exec', 'alone', 'echo', 'again'])).toBe('again')
    await user.ok(['rm', '-f', 'alone'])
    expect(await user.leftovers()).toEqual([])
  })

  works('a missing command is 127', async () => {
    const { code, stderr } = await user.sampan(on('run', '--rm', '--network', 'none', image, 'nope'))
    expect(code).toBe(127)
    expect(stderr).toContain('executable file not found in $PATH')
    expect(await user.leftovers()).toEqual([])
  })

  works('on a terminal', async () => {
    using terminal = user.terminal(
      on('run', '--rm', '-it', '--network', 'none', image, 'sh', '-c', 'tty; stty size; exit 4'),
      {
        rows: 33,
        columns: 99,
      },
    )
    await terminal.waitFor('33 99')
    expect(await terminal.exited()).toBe(4)
    expect(await user.leftovers()).toEqual([])
  })
})

test('a runtime that is not there is named, exit 125', async () => {
  const { code, stderr } = await user.sampan([
    '--runtime',
    'no-such-runtime',
    'run',
    '--rm',
    '--network',
    'none',
    image,
    'true',
  ])
  expect(code).toBe(125)
  expect(stderr).toContain('no-such-runtime')
  expect(await user.leftovers()).toEqual([])
})
