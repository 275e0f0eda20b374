/** Published ports under clients that ask for too much: others are served all the while, and nothing grows. */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { eventually } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const hostPrograms = ['/usr', '/lib', '/lib64'].flatMap((path) => ['-v', `${path}:${path}:ro`])
const clients: Socket[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await user.sampan(['rm', '-f', 'server'])
})

const page = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) }).then((answer) => answer.text())

/** A web server on port 80, and beside it `program`. */
async function serve(web: number, ports: readonly string[], program: string): Promise<void> {
  const flags = [`127.0.0.1:${web}:80`, ...ports].flatMap((port) => ['-p', port])
  const script = `mkdir /www; echo page > /www/index.html; httpd -p 80 -h /www; ${program}`
  await user.ok(['run', '-d', '--name', 'server', ...flags, ...hostPrograms, image, 'sh', '-c', script])
  await eventually('the page is served', 10_000, async () => expect(await page(web)).toBe('page\n'))
}

/** Resolves when it is connected or refused, or must wait: all are an answer. */
function open(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    clients.push(socket)
    socket.pause()
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(socket))
    setTimeout(() => resolve(socket), 200)
  })
}

/** Of the container's monitor. */
async function monitor(): Promise<{ rss: number; descriptors: number }> {
  const id = await user.ok(['inspect', '-f', '{{.Id}}', 'server'])
  const state = JSON.parse(readFileSync(join(user.root, 'containers', id, 'state.json'), 'utf8'))
  const status = readFileSync(`/proc/${state.monitorPid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return { rss: field('VmRSS'), descriptors: field('FDSize') }
}

test('a thousand published ports', async () => {
  const web = await freePort()
  await serve(web, ['1000-1999'], 'exec httpd -f -p 1999 -h /www')
  const last = await user.ok(['port', 'server', '1999'])
  const port = Number(/^0\.0\.0\.0:(\d+)/.exec(last)?.[1])
  await eventually('the last one answers', 10_000, async () => expect(await page(port)).toBe('page\n'))
  expect((await user.ok(['port', 'server'])).split('\n')).toHaveLength(2 * 1000 + 1)
  await user.ok(['stop', '-t', '0', 'server'])
  await expect(page(port)).rejects.toThrow()
})

test('ten thousand connections of one client', async () => {
  const [web, busy] = [await freePort(), await freePort()]
  await serve(
    web,
    [`127.0.0.1:${busy}:81`],
    'exec socat TCP-LISTEN:81,fork,reuseaddr,max-children=5,backlog=8 EXEC:cat',
  )
  for (let at = 0; at < 10_000; at += 500) await Promise.all(Array.from({ length: 500 }, () => open(busy)))
  expect(await page(web)).toBe('page\n')
  expect((await monitor()).rss).toBeLessThan(12_000)
  for (const client of clients.splice(0)) client.destroy()
  await eventually('all is as before', 20_000, async () => expect(await page(web)).toBe('page\n'))
}, 120_000)

test('clients that never read', async () => {
  const [web, endless] = [await freePort(), await freePort()]
  await serve(web, [`127.0.0.1:${endless}:81`], 'exec socat TCP-LISTEN:81,fork,reuseaddr EXEC:yes')
  const before = await monitor()
  for (let count = 0; count < 20; count++) await open(endless)
  await Bun.sleep(500)
  expect(await page(web)).toBe('page\n')
  expect((await monitor()).rss).toBeLessThan(before.rss + 1000)
  // The kernel holds what is under way; the programs wait, and end when their clients go.
  for (const client of clients.splice(0)) client.destroy()
  await eventually('the programs have ended', 10_000, async () =>
    expect(await user.ok(['exec', 'server', 'ps', '-o', 'args'])).not.toMatch(/^yes$/m),
  )
})
