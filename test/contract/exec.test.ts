import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run, start } from '../support/process.ts'
import { terminal } from '../support/terminal.ts'
import { helper, testUser } from '../support/user.ts'
import { Bundle } from './bundle.ts'

const user = testUser()
let c: Bundle

beforeEach(async () => {
  c = new Bundle(user, { args: ['sleep', '1000'] })
  await c.start()
})

afterEach(() => c.remove())

const sh = (script: string) => ['sh', '-c', script]

describe('without a terminal', () => {
  test('output, errors and exit code come from the program', async () => {
    const result = await c.exec(sh('echo out; echo err >&2; exit 3'))
    expect(result).toMatchObject({ code: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  test('it is in the container: its processes, its host name, its files', async () => {
    const { stdout } = await c.exec(sh('ps -o args; cat /proc/sys/kernel/hostname; ls /bin/busybox'))
    expect(stdout).toContain('sleep 1000')
    expect(stdout).toContain('contract\n/bin/busybox\n')
  })

  test('nothing of ours is in the container, and nothing of the caller is open in it', async () => {
    const { stdout } = await c.exec(sh('set -- /proc/[0-9]*; echo $#; ls /proc/self/fd | tr "\\n" " "'))
    // sleep and sh; 0 1 2 and the folder that ls itself reads.
    expect(stdout).toMatch(/^2\n0 1 2 3 $/)
  })

  test('standard input is empty without --stdin and the caller’s with it', async () => {
    expect((await c.exec(['cat'], [], { input: 'typed' })).stdout).toBe('')
    expect((await c.exec(['cat'], ['--stdin'], { input: 'typed' })).stdout).toBe('typed')
  })

  test('environment, working folder and user are those of the process object', async () => {
    const { stdout } = await c.exec(sh('echo $A; pwd; id -u; id -g'), [], {
      process: { user: { uid: 33, gid: 44 }, env: ['PATH=/bin', 'A=b c'], cwd: '/bin' },
    })
    expect(stdout).toBe('b c\n/bin\n33\n44\n')
  })

  test('a working folder that is not there is an error, and not made', async () => {
    const result = await c.exec(['true'], [], { process: { cwd: '/not/there' } })
    expect(result).toMatchObject({
      code: 126,
      stderr: 'Error: enter working folder /not/there: No such file or directory\n',
    })
    expect((await c.exec(sh('ls -d /not'))).code).toBe(1)
  })

  test('another user may open /dev/stdout again', async () => {
    const { stdout, stderr } = await c.exec(sh('echo again > /proc/self/fd/1'), [], {
      process: { user: { uid: 33, gid: 33 } },
    })
    expect(stderr + stdout).toMatch(/again|Permission denied/)
  })

  test.each([
    ['nonsense', 127, 'exec: "nonsense": executable file not found in $PATH'],
    ['/nonsense', 127, 'exec: "/nonsense": stat /nonsense: no such file or directory'],
    ['/etc', 126, 'exec: "/etc": is a directory'],
    ['/etc/passwd', 126, 'exec: "/etc/passwd": permission denied'],
  ])('%s cannot be run: %d', async (program, code, words) => {
    const result = await c.exec([program])
    expect(result.stderr).toContain(words)
    expect(result.code).toBe(code)
  })

  test('ended by a signal: 128 and its number', async () => {
    expect((await c.exec(sh('kill -TERM $$'))).code).toBe(143)
  })

  test('a signal to the caller reaches the program', async () => {
    using session = start(
      c.execArgv(sh('trap "echo got it; exit 5" TERM; echo ready; while :; do sleep 0.1; done')),
    )
    await session.waitFor('ready')
    session.signal('SIGTERM')
    expect(await session.exited(5000)).toBe(5)
    expect(session.soFar.stdout).toBe('ready\ngot it\n')
  })

  test('the program dies with a caller that is killed', async () => {
    using session = start(c.execArgv(sh('echo ready; sleep 500')))
    await session.waitFor('ready')
    session.signal('SIGKILL')
    await session.exited(5000)
    await expect.poll(async () => (await c.exec(['ps'])).stdout).not.toContain('sleep 500')
  })

  test('100 MB go in and come out as they were', async () => {
    const script = 'head -c 100000000 /dev/urandom > in; "$@" < in | cmp - in && echo same; rm -f in'
    const argv = c.execArgv(['cat'], ['--stdin'])
    const at = argv.indexOf('sh')
    const shell = [
      ...argv.slice(0, at),
      'sh',
      '-c',
      `cd ${user.folder}/home; ${script}`,
      'sh',
      ...argv.slice(at),
    ]
    using session = start(shell)
    await session.exited(30_000)
    expect(session.soFar.stdout).toBe('same\n')
  })
})

describe('detached', () => {
  test('returns at once, and the process stays when the caller has gone', async () => {
    const { code, stdout } = await c.exec(['sleep', '777'], ['--detach'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ event: 'started', pid: expect.any(Number) })
    expect((await c.exec(['ps', '-o', 'args'])).stdout).toContain('sleep 777')
  })

  test('a program that cannot be run is a failed event', async () => {
    const { code, stdout } = await c.exec(['nonsense'], ['--detach'])
    expect(code).toBe(127)
    expect(JSON.parse(stdout)).toMatchObject({ event: 'failed', exitCode: 127 })
  })

  test('with a terminal it has one as long as it lives', async () => {
    await c.exec(sh('tty > /tmp/tty; sleep 0.3; echo still >> /tmp/tty; sleep 100'), ['--detach'], {
      terminal: true,
    })
    await expect.poll(async () => (await c.exec(['cat', '/tmp/tty'])).stdout).toBe('/dev/pts/0\nstill\n')
  })
})

describe('with a terminal', () => {
  test('the program has a terminal of the container, of the size of ours', async () => {
    using session = terminal(c.execArgv(sh('tty; stty size; exit 4'), ['--stdin'], { terminal: true }), {
      rows: 33,
      columns: 111,
    })
    expect(await session.exited()).toBe(4)
    expect(session.screen).toBe('/dev/pts/0\r\n33 111\r\n')
  })

  test('typing, control keys and resizing reach it', async () => {
    const script = 'trap : INT; echo ready; cat; echo interrupted; read x; stty size; exit 9'
    using session = terminal(c.execArgv(sh(script), ['--stdin'], { terminal: true }))
    await session.waitFor('ready')
    session.type('echoed\r')
    await session.waitFor('echoed\r\nechoed\r\n')
    session.type('\x03')
    await session.waitFor('^Cinterrupted')
    session.resize(50, 60)
    session.type('\r')
    await session.waitFor('50 60')
    expect(await session.exited()).toBe(9)
  })

  test('detach keys leave it running', async () => {
    using session = terminal(c.execArgv(sh('echo ready; sleep 888'), ['--stdin'], { terminal: true }))
    await session.waitFor('ready')
    session.type('\x10\x11')
    expect(await session.exited()).toBe(0)
    expect((await c.exec(['ps', '-o', 'args'])).stdout).toContain('sleep 888')
  })
})

describe('a container that shares namespaces with the host', () => {
  test('is joined where it has its own', async () => {
    await c.remove()
    const namespaces = ['mount', 'uts'].map((type) => ({ type }))
    c = new Bundle(user, { args: ['sleep', '1000'], namespaces })
    await c.start()
    const { stdout } = await c.exec(
      sh('cat /proc/sys/kernel/hostname; ls /bin/busybox; readlink /proc/self/ns/net'),
    )
    const own = await user.run(['readlink', '/proc/self/ns/net'])
    expect(stdout).toBe(`contract\n/bin/busybox\n${own.stdout}`)
  })
})

test('a container is entered whose keeper was killed', async () => {
  await run(['pkill', '-KILL', '-f', `^sampan-helper keep --runtime ${c.runtime}$`])
  await user.run([helper, 'inside', '--runtime', c.runtime, '--', 'true']) // a new one, with a new user namespace
  expect(await c.exec(['id', '-u'])).toMatchObject({ code: 0, stdout: '0\n' })
})

describe('a container that does not run', () => {
  test('is named, exit code 1', async () => {
    await c.remove()
    c = new Bundle(user, { args: ['true'] })
    await c.run('monitor', ['--attach'])
    const { code, stderr } = await c.exec(['true'])
    expect(stderr).toMatch(/^Error: container c-\w+ is not running\n/)
    expect(code).toBe(1)
  })
})
