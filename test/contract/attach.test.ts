import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventually, run } from '../support/process.ts'
import { terminal } from '../support/terminal.ts'
import { helper, testUser } from '../support/user.ts'
import { type Bundle, bundleMaker } from './bundle.ts'

const user = testUser()
const bundle = bundleMaker(user)

const sh = (script: string) => ['sh', '-c', script]
const ended = (c: Bundle) =>
  eventually('the container ends', 5000, () => {
    expect(c.state().status).toBe('exited')
    return c.state()
  })

describe('a foreground run with input', () => {
  const interactive = { sampan: { stdin: true, stdinOnce: true } }

  test('input goes in, and its end ends the program', async () => {
    const c = bundle({ args: ['cat'], ...interactive })
    const result = await c.run('monitor', ['--attach', '--stdin'], { input: 'typed\n' })
    expect(result).toMatchObject({ code: 0, stdout: 'typed\n', stderr: '' })
    expect(c.logText()).toBe('typed\n')
  })

  test('50 MB each way stay as they were', async () => {
    const c = bundle({ args: ['cat'], ...interactive, sampan: { ...interactive.sampan, log: noLog } })
    const input = new Uint8Array(50_000_000).map((_, at) => (at * 7919) >> 8)
    const { bytes } = await c.run('monitor', ['--attach', '--stdin'], { input })
    expect(Buffer.compare(bytes, input)).toBe(0)
  })

  test('output that nobody reads yet waits, and none is lost', async () => {
    const c = bundle({ args: ['seq', '1', '300000'] })
    using session = c.beside('monitor', ['--attach'])
    session.signal('SIGSTOP')
    await Bun.sleep(300)
    session.signal('SIGCONT')
    expect(await session.exited()).toBe(0)
    const lines = new TextDecoder()
      .decode(await session.stdoutBytes())
      .trimEnd()
      .split('\n')
    expect(lines.length).toBe(300_000)
    expect(lines.at(-1)).toBe('300000')
  })

  test('a signal is passed on even while the program reads no input', async () => {
    const script = 'trap "echo got it; exit 3" TERM; echo ready; while :; do sleep 0.05; done'
    const c = bundle({ args: sh(script), ...interactive })
    using session = c.beside('monitor', ['--attach', '--stdin'])
    session.write(new Uint8Array(300_000))
    await session.waitFor('ready')
    session.signal('SIGTERM')
    expect(await session.exited(5000)).toBe(3)
    expect(session.soFar.stdout).toBe('ready\ngot it\n')
  })

  test('a killed caller leaves the container running', async () => {
    const c = bundle({ args: sh('echo ready; sleep 0.5; echo later') })
    using session = c.beside('monitor', ['--attach'])
    await session.waitFor('ready')
    session.signal('SIGKILL')
    await session.exited()
    expect(c.state().status).toBe('running')
    await ended(c)
    expect(c.logText()).toBe('ready\nlater\n')
  })

  test('a reader that goes away ends the caller, not the container', async () => {
    const c = bundle({ args: sh('while :; do echo line; sleep 0.01; done') })
    const { code, stdout } = await run(c.scripted('"$@" | head -n 3', ['--attach']))
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'line\nline\nline\n' })
    expect(c.state().status).toBe('running')
  })
})

const noLog = { driver: 'none', path: '', maxSize: 0, maxFiles: 1 } as const

describe('attach', () => {
  test('sees output from now on and the exit code', async () => {
    const c = bundle({ args: sh('read x; echo got $x; exit 6'), sampan: { stdin: true } })
    await c.start()
    using session = c.beside('attach', [])
    session.write('word\n')
    expect(await session.exited()).toBe(6)
    expect(session.soFar.stdout).toBe('got word\n')
  })

  test('the end of a client’s input is not the end of the program’s, unless it was the first’s', async () => {
    const c = bundle({ args: ['cat'], sampan: { stdin: true } })
    await c.start()
    using first = c.beside('attach', [])
    first.write('one\n')
    await first.waitFor('one')
    first.closeInput()
    using second = c.beside('attach', [])
    second.write('two\n')
    await second.waitFor('two')
    await first.waitFor('two')
    expect(c.state().status).toBe('running')
  })

  test('a stopped container cannot be attached to', async () => {
    const c = bundle({ args: ['true'] })
    const { code, stderr } = await c.run('attach', [])
    expect(stderr).toContain('You cannot attach to a stopped container, start it first')
    expect(code).toBe(1)
  })

  test('a monitor that is killed: the session says so', async () => {
    const c = bundle({ args: ['sleep', '1000'] })
    await c.start()
    using session = c.beside('attach', [])
    await Bun.sleep(200)
    process.kill(c.state().monitorPid, 'SIGKILL')
    expect(await session.exited(5000)).toBe(255)
    expect(session.soFar.stderr).toContain("the container's monitor was killed")
  })

  test('a client that is stopped does not keep others from the end', async () => {
    const c = bundle({ args: sh('sleep 0.3; seq 1 5000') })
    await c.start()
    using stopped = c.beside('attach', ['--no-stdin'])
    await Bun.sleep(100)
    stopped.signal('SIGSTOP')
    await ended(c)
    stopped.signal('SIGCONT')
    expect(await stopped.exited()).toBe(0)
    expect(stopped.soFar.stdout.split('\n').length).toBe(5001)
  })
})

describe('with a terminal', () => {
  const tty = { terminal: true, sampan: { stdin: true, stdinOnce: true } }

  test('the program’s first look finds the size of our terminal', async () => {
    const c = bundle({ args: sh('stty size; tty'), ...tty })
    using session = c.terminal('monitor', ['--attach', '--stdin'], 30, 99)
    expect(await session.exited()).toBe(0)
    expect(session.screen).toBe('30 99\r\n/dev/pts/0\r\n')
  })

  test('detach keys leave, two clients share what comes after, resizing counts', async () => {
    const c = bundle({ args: sh('echo ready; while read x; do echo "<$x>"; stty size; done'), ...tty })
    using first = c.terminal('monitor', ['--attach', '--stdin'])
    await first.waitFor('ready')
    first.type('\x10\x11')
    expect(await first.exited()).toBe(0)
    expect(first.screen).toContain('read escape sequence')
    expect(c.state().status).toBe('running')

    using second = c.terminal('attach', [], 40, 120)
    using third = c.terminal('attach', [], 41, 121)
    await Bun.sleep(200)
    second.type('hello\r')
    await second.waitFor('<hello>')
    await third.waitFor('<hello>')
    third.resize(50, 77)
    await Bun.sleep(100)
    third.type('again\r')
    await second.waitFor('50 77')
    third.type('\x04')
    expect(await second.exited()).toBe(0)
    expect(await third.exited()).toBe(0)
  })

  test('half of the detach keys is typed after all when nothing follows', async () => {
    const c = bundle({ args: sh('stty raw -echo; echo ready; head -c 1 | od -An -tx1'), ...tty })
    using session = c.terminal('monitor', ['--attach', '--stdin'])
    await session.waitFor('ready')
    session.type('\x10')
    await session.waitFor('10')
    expect(await session.exited()).toBe(0)
  })

  test('other detach keys can be chosen, and bad ones are refused', async () => {
    const c = bundle({ args: sh('echo ready; cat'), ...tty })
    using session = c.terminal('monitor', ['--attach', '--stdin', '--detach-keys', 'ctrl-@,q'])
    await session.waitFor('ready')
    session.type('\x10\x11\x00q')
    expect(await session.exited()).toBe(0)
    expect((await c.run('attach', ['--detach-keys', 'ctrl-1'])).stderr).toContain(
      'invalid detach keys (ctrl-1)',
    )
  })

  test('the terminal is as before after the end', async () => {
    const c = bundle({ args: ['true'], ...tty })
    using session = c.inShell('stty -a > before; "$@"; stty -a > after; cmp before after && echo restored', [
      '--attach',
      '--stdin',
    ])
    await session.waitFor('restored')
  })

  test('stopped from outside, the shell has its terminal back; fg goes on', async () => {
    const c = bundle({ args: sh('echo ready; cat'), ...tty })
    using shell = terminal(user.argv(['bash', '--norc', '-i']))
    const words = c.argv('monitor', ['--attach', '--stdin'])
    shell.type(`${words.slice(words.indexOf(helper)).join(' ')}\r`)
    await shell.waitFor('ready')
    const client = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${c.state().monitorPid}/status`, 'utf8'))?.[1]
    process.kill(Number(client), 'SIGTSTP')
    await shell.waitFor('Stopped')
    shell.type('stty -a | tr " " "\\n" | grep echo$\r')
    await shell.waitFor(/^echo\r$/m)
    shell.type('fg\r')
    await Bun.sleep(200)
    shell.forget()
    shell.type('typed\r')
    await shell.waitFor('typed\r\ntyped\r\n')
    shell.type('\x04')
    await shell.waitFor('bash')
    shell.type('exit\r')
    await shell.exited()
  })

  test('the terminal is as before after SIGTERM to the client', async () => {
    const c = bundle({ args: sh('echo ready; cat'), ...tty })
    const script =
      'stty -a > before; "$@" & sleep 0.5; kill -TERM $!; wait $!; stty -a > after; cmp before after && echo restored'
    using session = c.inShell(`set -m; ${script.replace('& sleep', '<&0 & fg >/dev/null & sleep')}`, [
      '--attach',
      '--stdin',
    ])
    await session.waitFor('restored')
  })
})
