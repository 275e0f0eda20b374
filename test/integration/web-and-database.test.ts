/** A web server and a database, both real, in containers of their own: they find each other by name, and nobody else does. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { busybox, makeDebian, makeMemcached } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
let port = 0
const images: Record<string, string> = {}

const configuration = `
events {}
http {
  access_log /dev/stdout;
  server {
    listen 80;
    listen [::]:80;
    location / { set $memcached_key $uri; memcached_pass db:11211; default_type text/plain; }
  }
}
`

beforeAll(async () => {
  for (const [name, layout] of [
    ['nginx', await makeDebian()],
    ['memcached', await makeMemcached()],
  ] as const)
    images[name] = /sha256:([0-9a-f]+)/.exec(await user.ok(['load', '-i', layout]))?.[1] ?? ''
  port = await freePort()
  await user.ok(['network', 'create', '--subnet', '10.44.0.0/24', 'shop'])
  const nginx = user.file('nginx.conf', configuration)
  await database('/page', 'from the database')
  await user.ok([
    ...['run', '-d', '--name', 'web', '--network', 'shop', '-p', `127.0.0.1:${port}:80`],
    ...['-v', `${nginx}:/etc/nginx/nginx.conf:ro`, images['nginx'] ?? ''],
  ])
}, 400_000)

afterAll(async () => {
  await user.sampan(['rm', '-f', '-t0', 'web', 'db'])
})

/** A new one, called `db`, that knows this. */
async function database(key: string, value: string): Promise<void> {
  await user.ok(['run', '-d', '--name', 'db', '--network', 'shop', images['memcached'] ?? ''])
  const set = `set ${key} 0 0 ${value.length}\\r\\n${value}\\r\\nquit\\r\\n`
  await eventually('memcached stores', 15_000, async () => {
    const said = await on('shop', `printf '${set}' | nc db 11211`)
    expect(said).toContain('STORED')
  })
}

const on = async (network: string, script: string) =>
  (await user.sampan(['run', '--rm', '--network', network, image, 'sh', '-c', script])).stdout

const page = (expected: string) =>
  eventually(`the page is ${expected}`, 30_000, async () => {
    // What was asked of the old configuration may wait for the old database for a long time.
    const signal = AbortSignal.timeout(3000)
    const answer = await fetch(`http://127.0.0.1:${port}/page`, { signal, keepalive: false })
    expect(await answer.text()).toBe(expected)
  })

test('the page comes from the database, by its name', async () => {
  await page('from the database')
  expect(await on('shop', 'wget -qO- http://web/page')).toBe('from the database')
})

test('another database under that name, at another address, is found when the web server reads its configuration again', async () => {
  const addressOf = (name: string) =>
    user.ok(['inspect', '-f', '{{.NetworkSettings.Networks.shop.IPAddress}}', name])
  const before = await addressOf('db')
  await user.ok(['rm', '-f', '-t0', 'db'])
  await database('/page', 'from the new one')
  expect(await addressOf('db')).not.toBe(before)
  await user.ok(['exec', 'web', 'nginx', '-s', 'reload'])
  await page('from the new one')
})

test('on other networks neither is found', async () => {
  const look = 'nslookup db; nslookup web; nc -w 1 10.44.0.2 11211 </dev/null && echo reached'
  expect(await on('bridge', look)).not.toMatch(/10\.44\.0|reached/)
})
