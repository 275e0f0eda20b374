/** What of a network can be seen from another one: nothing. Shown by ears that hear all frames of their own network. */
import { afterEach, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const hostPrograms = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])

afterEach(async () => {
  await user.sampan(['rm', '-f', '-a'])
  await user.sampan(['network', 'prune', '-f'])
})

/** Prints every frame that comes to its interfaces (AF_PACKET, ETH_P_ALL), in hexadecimal, a line each. */
const listen = [
  'perl',
  '-e',
  '$|=1; socket(S, 17, 3, 0x0300) or die $!; print "listening\\n"; while (sysread S, $f, 65536) { print unpack("H*", $f), "\\n" }',
]
const hex = (ip: string) =>
  ip
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')

test('frames stay on their network: broadcasts, neighbours’ packets, and packets sent to the other network', async () => {
  await user.ok(['network', 'create', '--subnet', '10.44.0.0/24', 'one'])
  await user.ok(['network', 'create', '--subnet', '10.45.0.0/24', 'two'])
  const ear = (name: string, network: string) =>
    user.ok(['run', '-d', '--name', name, '--network', network, ...hostPrograms, image, ...listen])
  await ear('ear-one', 'one:ip=10.44.0.3')
  await ear('ear-two', 'two:ip=10.45.0.3')
  await user.ok(['run', '-d', '--name', 'loud', '--network', 'one:ip=10.44.0.9', image, 'sleep', '600'])
  const heard = (name: string) => user.ok(['logs', name])
  for (const name of ['ear-one', 'ear-two'])
    await eventually(`${name} listens`, 5000, async () => expect(await heard(name)).toContain('listening'))

  const noise = [
    'ping -c 2 -W 1 -b 10.44.0.255',
    'arping -c 2 -w 2 -I eth0 10.44.0.77',
    'ping -c 2 -W 1 10.45.0.3',
    'echo hello | nc -u -w 1 10.45.0.3 9999',
    'echo hello | nc -w 1 10.45.0.3 80',
    'ping -c 2 -W 1 10.44.0.3',
  ]
  await user.sampan(['exec', 'loud', 'sh', '-c', noise.join('; ')])
  const source = hex('10.44.0.9')
  // The ear works: it heard what was said on its own network, up to the last word.
  await eventually('the neighbour hears it', 5000, async () =>
    expect(await heard('ear-one')).toContain(`${source}${hex('10.44.0.3')}`),
  )
  expect(await heard('ear-two')).not.toContain(source)
  // It is not deaf either.
  await user.ok(['run', '--rm', '--network', 'two:ip=10.45.0.8', image, 'ping', '-c', '1', '10.45.0.3'])
  await eventually('it hears its own network', 5000, async () =>
    expect(await heard('ear-two')).toContain(`${hex('10.45.0.8')}${hex('10.45.0.3')}`),
  )
})

test('the other network’s gateway is no way around: neither its ports nor its name server', async () => {
  await user.ok(['network', 'create', '--subnet', '10.44.0.0/24', 'one'])
  await user.ok(['network', 'create', '--subnet', '10.45.0.0/24', '--internal', 'two'])
  await user.ok(['run', '-d', '--name', 'db', '--network', 'two:ip=10.45.0.9', image, 'sleep', '600'])
  const asked = await user.sampan([
    ...['run', '--rm', '--network', 'one', image],
    ...['timeout', '5', 'nslookup', 'db', '10.45.0.1'],
  ])
  expect(asked.code).not.toBe(0)
  expect(asked.stdout).not.toContain('10.45.0.9')
})
