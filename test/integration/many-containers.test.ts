/** A hundred containers on one network: each has an address, each is found, and nothing stays. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

const CROWD = 100
const names = Array.from({ length: CROWD }, (_, at) => `c${at}`)

test('a hundred on one network find each other', async () => {
  await user.ok(['network', 'create', '--ipv6=false', '--subnet', '10.44.0.0/24', 'mynet'])
  const start = (name: string) =>
    user.ok([
      'run',
      '-d',
      '--name',
      name,
      '--network',
      'mynet',
      '--network-alias',
      'all',
      image,
      'sleep',
      '600',
    ])
  for (let at = 0; at < CROWD; at += 10) await Promise.all(names.slice(at, at + 10).map(start))
  const template = '{{range .Containers}}{{.Name}} {{.IPv4Address}}\n{{end}}'
  const members = (await user.ok(['network', 'inspect', '-f', template, 'mynet'])).trim().split('\n')
  const addresses = new Map(members.map((line) => line.replace('/24', '').split(' ') as [string, string]))
  expect([...addresses.keys()].sort()).toEqual([...names].sort())
  expect(new Set(addresses.values()).size).toBe(CROWD)

  // By the first and the last, each of the others: name, and a packet there and back.
  const script = `for name in ${names.join(' ')}; do ping -4 -c 1 -W 2 $name | sed -n 's/^PING \\(.*\\) (\\(.*\\)):.*/\\1 \\2/p; s/ 0% packet loss/reached/p'; done`
  for (const from of ['c0', `c${CROWD - 1}`]) {
    const lines = (await user.ok(['exec', from, 'sh', '-c', script])).split('\n')
    const found = lines
      .filter((line) => /^c\d+ /.test(line))
      .map((line) => line.split(' ') as [string, string])
    expect(new Map(found)).toEqual(addresses)
    expect(lines.filter((line) => line.includes('reached'))).toHaveLength(CROWD)
  }
  await user.ok(['rm', '-f', ...names], { timeout: 120_000 })
  expect(await user.ok(['network', 'rm', 'mynet'])).toBe('mynet')
}, 240_000)
