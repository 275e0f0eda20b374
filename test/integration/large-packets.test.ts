/** What TCP hands from one container to the other goes over the bridge in pieces larger than 64 kB. */
import { release } from 'node:os'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const hostPrograms = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])
/** Linux can do that for IPv4 since 6.3. */
const [major = 0, minor = 0] = release().split('.').map(Number)
const old = major < 6 || (major === 6 && minor < 3)

const run = (name: string, ...command: string[]) =>
  user.ok(['run', '-d', '--name', name, '--network', 'mynet', ...hostPrograms, image, ...command])
const inside = (name: string, script: string) => user.ok(['exec', name, 'sh', '-c', script])

/** What eth0 of `web` has sent so far. */
async function sent(): Promise<{ bytes: number; packets: number }> {
  const [bytes, packets] = (await inside('web', 'cd /sys/class/net/eth0/statistics; cat tx_bytes tx_packets'))
    .split('\n')
    .map(Number)
  return { bytes: bytes ?? 0, packets: packets ?? 0 }
}

test.skipIf(old)('64 MB from container to container, whole', async () => {
  await user.ok(['network', 'create', '--ipv6=false', 'mynet'])
  await run('db', 'socat', '-u', 'TCP-LISTEN:80,fork,reuseaddr', 'EXEC:sha256sum')
  await run('web', 'sh', '-c', 'head -c 67108864 /dev/urandom > /big; exec sleep 600')
  const sum = await eventually('it is made', 20_000, () =>
    inside('web', 'test $(stat -c %s /big) = 67108864 && sha256sum < /big'),
  )
  const before = await sent()
  await inside('web', 'socat -u -b 16777216 OPEN:/big TCP:db:80')
  const after = await sent()
  await eventually('it is counted', 10_000, async () => expect(await user.ok(['logs', 'db'])).toBe(sum))
  const bytes = after.bytes - before.bytes
  expect(bytes).toBeGreaterThan(67_000_000)
  expect(bytes / (after.packets - before.packets)).toBeGreaterThan(70_000)
})
