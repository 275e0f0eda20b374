/** port: the addresses that are listened on, with the ports that were taken. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually, run } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

test('what is published, by port; one port by itself; nothing when it does not run', async () => {
  const publish = ['-p', '127.0.0.1::80', '-p', '127.0.0.1::53/udp', '-p', '0:81']
  await user.ok(['run', '-d', '--name', 'web', ...publish, image, 'httpd', '-f', '-p', '80'])
  const lines = (await user.ok(['port', 'web'])).split('\n')
  expect(lines.map((line) => line.replace(/\d+$/, 'N'))).toEqual([
    '53/udp -> 127.0.0.1:N',
    '80/tcp -> 127.0.0.1:N',
    '81/tcp -> 0.0.0.0:N',
    '81/tcp -> [::]:N',
  ])
  const address = await user.ok(['port', 'web', '80'])
  expect(lines).toContain(`80/tcp -> ${address}`)
  expect(await user.ok(['container', 'port', '-l', '80/tcp'])).toBe(address)
  const port = Number(address.split(':')[1])
  await eventually('the server answers', 5000, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`)
    expect(answer.status).toBe(404)
  })
  const id = (await user.ok(['inspect', '-f', '{{.Id}}', 'web'])).slice(0, 12)
  expect((await user.ok(['port', '-a'])).split('\n')[1]).toBe(`${id}\t${lines[1]}`)
  await user.ok(['stop', '-t', '0', 'web'])
  expect(await user.ok(['port', 'web'])).toBe('')
})

test('a program that listens on 127.0.0.1 only: published for nobody, and port says so', async () => {
  const publish = ['-p', '127.0.0.1::80', '-p', '127.0.0.1::81']
  const script = 'httpd -p 127.0.0.1:80; exec httpd -f -p 81'
  await user.ok(['run', '-d', '--name', 'inward', ...publish, image, 'sh', '-c', script])
  await eventually('both listen', 5000, async () => {
    const [inward, open] = (
      await user.ok(['exec', 'inward', 'cat', '/proc/net/tcp', '/proc/net/tcp6'])
    ).matchAll(/:005[01] /g)
    expect([inward, open]).not.toContain(undefined)
  })
  const { stdout, stderr } = await user.sampan(['port', 'inward'])
  expect(stderr).toBe(
    'WARNING: port 80/tcp of inward is not reached: its program listens on 127.0.0.1 only; have it listen on 0.0.0.0\n',
  )
  expect(stdout.split('\n')).toHaveLength(3)
  const address = await user.ok(['port', 'inward', '80'])
  await expect(fetch(`http://${address}/`)).rejects.toThrow()
  await user.ok(['rm', '-f', '-t', '0', 'inward'])
})

test('a port that is not published, and what is no port', async () => {
  const cases: [string, number, string][] = [
    ['8080', 1, "No public port '8080' published for web"],
    ['80/udp', 1, "No public port '80/udp' published for web"],
    ['http', 125, "invalid port: 'http'"],
  ]
  for (const [port, exit, words] of cases) {
    const { code, stderr } = await user.sampan(['port', 'web', port])
    expect([port, code, stderr]).toEqual([port, exit, expect.stringContaining(words)])
  }
})

test('ports come and go while it runs, and are there at the next start', async () => {
  const script = 'mkdir /www; echo here > /www/index.html; exec httpd -f -p 80 -h /www'
  await user.ok(['run', '-d', '--name', 'live', image, 'sh', '-c', script])
  const ask = (port: string) => run(['curl', '--silent', '--max-time', '3', `http://127.0.0.1:${port}/`])
  const published = await user.ok(['port', 'add', 'live', '127.0.0.1::80', '127.0.0.1::81/udp'])
  const port = /^80\/tcp -> 127\.0\.0\.1:(\d+)\n81\/udp -> 127\.0\.0\.1:\d+$/.exec(published)?.[1] ?? ''
  expect(await user.ok(['port', 'live'])).toBe(published)
  await eventually('the server answers', 5000, async () => expect((await ask(port)).stdout).toBe('here\n'))

  await user.ok(['port', 'rm', 'live', '80'])
  expect((await ask(port)).code).toBe(7)
  expect((await user.sampan(['port', 'rm', 'live', '80'])).stderr).toContain(
    "No public port '80' published for live",
  )

  await user.ok(['port', 'add', 'live', `127.0.0.1:${port}:80`])
  await user.ok(['port', 'rm', 'live', '81/udp'])
  await user.ok(['stop', '-t', '0', 'live'])
  await user.ok(['start', 'live'])
  expect(await user.ok(['port', 'live'])).toBe(`80/tcp -> 127.0.0.1:${port}`)
  await eventually('the server answers again', 5000, async () =>
    expect((await ask(port)).stdout).toBe('here\n'),
  )
})

test('a port somebody has, and a container without a network, are refused', async () => {
  const port = (await user.ok(['port', 'live', '80'])).split(':')[1]
  await user.ok(['run', '-d', '--name', 'none', '--network', 'none', image, 'sleep', '60'])
  expect(await user.sampan(['port', 'add', 'none', '80'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('network mode none'),
  })
  await user.ok(['run', '-d', '--name', 'second', image, 'sleep', '60'])
  expect(await user.sampan(['port', 'add', 'second', `127.0.0.1:${port}:80`])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('port is already allocated'),
  })
  expect(await user.ok(['port', 'second'])).toBe('')
})
