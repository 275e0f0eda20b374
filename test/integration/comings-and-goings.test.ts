/** Other containers of a network come and go: those that stay notice nothing, and an address has one owner. */
import { afterEach, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

afterEach(async () => {
  await user.sampan(['rm', '-f', '-a'])
  await user.sampan(['network', 'prune', '-f'])
})

const runs = (name: string, script: string, ...flags: string[]) =>
  user.ok(['run', '-d', '--name', name, ...flags, image, 'sh', '-c', script])
const sleeps = (name: string, ...flags: string[]) => runs(name, 'exec sleep 600', ...flags)
const serves = (name: string, ...flags: string[]) =>
  runs(name, `mkdir /www; echo ${name} > /www/index.html; exec httpd -f -p 80 -h /www`, ...flags)
const page = (from: string, host: string) =>
  user.sampan(['exec', from, 'timeout', '3', 'wget', '-q', '-O', '-', `http://${host}/`])

test('the gateway has one MAC address, whoever comes and goes', async () => {
  await user.ok(['network', 'create', '--subnet', '172.30.9.0/24', 'mynet'])
  await sleeps('web', '--network', 'mynet')
  const gateway = async () => {
    await user.ok(['exec', 'web', 'nslookup', 'web'])
    const table = await user.ok(['exec', 'web', 'cat', '/proc/net/arp'])
    return /^172\.30\.9\.1 .*?(..:..:..:..:..:..)/m.exec(table)?.[1]
  }
  expect(await gateway()).toBe('02:42:ac:1e:09:01')
  for (const name of ['first', 'second', 'third']) await serves(name, '--network', 'mynet')
  for (const name of ['second', 'first']) {
    await user.ok(['rm', '-f', '-t', '0', name])
    // At once: what the containers know of the name server's place still holds.
    expect(await page('web', 'third')).toMatchObject({ stdout: 'third\n' })
    expect(await gateway()).toBe('02:42:ac:1e:09:01')
  }
})

test('the interface of a container that has ended is silent, though its namespace lives on', async () => {
  await user.ok(['network', 'create', '--subnet', '172.30.9.0/24', 'mynet'])
  await sleeps('web', '--network', 'mynet')
  await serves('first', '--network', 'mynet', '--ip', '172.30.9.7')
  await eventually('it serves', 5000, async () =>
    expect(await page('web', '172.30.9.7')).toMatchObject({ stdout: 'first\n' }),
  )
  // It keeps the interface, and sends all the time from the address that the next container is to have.
  const chatters = 'while true; do ping -c 1 -W 1 172.30.9.2 > /dev/null && date +%s > /heard; done'
  await runs('lodger', chatters, '--network', 'container:first')
  await eventually('it is answered', 5000, () => user.ok(['exec', 'lodger', 'cat', '/heard']))
  await user.ok(['rm', '-f', '-t', '0', 'first'])
  await serves('second', '--network', 'mynet', '--ip', '172.30.9.7')
  await user.ok(['exec', 'lodger', 'rm', '-f', '/heard'])
  await eventually('it serves', 5000, async () =>
    expect(await page('web', '172.30.9.7')).toMatchObject({ stdout: 'second\n' }),
  )
  for (let i = 0; i < 5; i++) expect(await page('web', '172.30.9.7')).toMatchObject({ stdout: 'second\n' })
  expect(await user.sampan(['exec', 'lodger', 'ping', '-c', '1', '-W', '1', '172.30.9.2'])).toMatchObject({
    code: 1,
  })
})

test('an address that has another MAC address than before: the neighbours are told', async () => {
  const subnets = ['--subnet', '172.30.9.0/24', '--subnet', 'fd00:30:9::/64']
  const at = 'mynet:ip=172.30.9.9,ip6=fd00:30:9::9'
  await user.ok(['network', 'create', ...subnets, 'mynet'])
  await sleeps('web', '--network', 'mynet')
  await sleeps('first', '--network', `${at},mac=02:42:ac:1e:09:aa`)
  const reached = async () => {
    await user.ok(['exec', 'web', 'ping', '-c', '1', '-W', '2', '172.30.9.9'])
    await user.ok(['exec', 'web', 'ping6', '-c', '1', '-W', '2', 'fd00:30:9::9'])
  }
  await eventually('the first one is reached', 10_000, reached)
  await user.ok(['rm', '-f', '-t', '0', 'first'])
  await sleeps('second', '--network', at)
  // Otherwise it takes them half a minute.
  await eventually('the second one is reached', 10_000, reached)
})
