/** port: the addresses that are listened on, with the ports that were taken. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
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

test('a port that is not published, and what is no port', async () => {
  const cases: [string, number, string][] = [
    ['8080', 1, "no public port '8080' published for web"],
    ['80/udp', 1, "no public port '80/udp' published for web"],
    ['http', 125, "invalid port: 'http'"],
  ]
  for (const [port, exit, words] of cases) {
    const { code, stderr } = await user.sampan(['port', 'web', port])
    expect([port, code, stderr]).toEqual([port, exit, expect.stringContaining(words)])
  }
})
