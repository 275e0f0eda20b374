/** What serves the networks is killed, or the program ends and is started again: what was changed meanwhile stays. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { processesOf } from '../support/leaks.ts'
import { eventually } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

afterEach(async () => {
  await user.sampan(['rm', '-f', 'web', 'db', 'third'])
  await user.sampan(['network', 'prune', '-f'])
})

/** A web server whose page is its own name. */
async function serve(name: string, ...flags: string[]): Promise<void> {
  const script = `mkdir -p /www; echo ${name} > /www/index.html; exec httpd -f -p 80 -h /www`
  await user.ok(['run', '-d', '--name', name, ...flags, image, 'sh', '-c', script])
}

const page = (from: string, url: string) =>
  user.sampan(['exec', from, 'timeout', '3', 'wget', '-q', '-O', '-', url])
const networks = (name: string) =>
  user.ok(['inspect', '-f', '{{json .NetworkSettings.Networks}}', name]).then((text) => {
    const all: Record<string, { IPAddress: string; GlobalIPv6Address: string; MacAddress: string }> =
      JSON.parse(text)
    return Object.entries(all).map(([network, { IPAddress, GlobalIPv6Address, MacAddress }]) => [
      network,
      IPAddress,
      GlobalIPv6Address,
      MacAddress,
    ])
  })

/** The user's processes below the keeper, itself first. */
function serving(): { keeper: number; netKeeper: number; outside: number } {
  const found = processesOf([user.folder, user.runtime])
  const keeper = found.find(({ command }) => / keep( |$)/.test(command))?.pid ?? 0
  const netKeeper = Number(childrenOf(keeper)[0] ?? 0)
  return { keeper, netKeeper, outside: Number(childrenOf(netKeeper)[0] ?? 0) }
}

function childrenOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((child) => child !== ''),
  )
}

/** web, on a second network and with a second port since it runs, and db, which it can reach by name there. */
async function changedWhileRunning(...flags: string[]): Promise<{ first: number; second: number }> {
  const [first, second] = [await freePort(), await freePort()]
  await user.ok(['network', 'create', 'mynet'])
  await serve('db', '--network', 'mynet')
  await serve('web', '-p', `127.0.0.1:${first}:80`, ...flags)
  await user.ok(['network', 'connect', '--alias', 'front', 'mynet', 'web'])
  await user.ok(['port', 'add', 'web', `127.0.0.1:${second}:80`])
  await everythingWorks(first, second)
  return { first, second }
}

async function everythingWorks(...ports: number[]): Promise<void> {
  await eventually('names and ports lead where they did', 10_000, async () => {
    expect(await page('web', 'http://db/')).toMatchObject({ stdout: 'db\n' })
    expect(await page('db', 'http://front/')).toMatchObject({ stdout: 'web\n' })
    for (const port of ports)
      expect(await fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text())).toBe('web\n')
  })
}

describe('killed:', () => {
  test.each(['keeper', 'netKeeper', 'outside'] as const)('%s', async (who) => {
    using host = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('host\n') })
    const { first, second } = await changedWhileRunning()
    const before = { web: await networks('web'), db: await networks('db'), pid: await pidOf('web') }
    const killed = serving()[who]
    expect(killed).toBeGreaterThan(1)
    process.kill(killed, 'SIGKILL')
    await everythingWorks(first, second)
    await eventually('the host is reached', 10_000, async () =>
      expect(await page('web', `http://host.docker.internal:${host.port}/`)).toMatchObject({
        stdout: 'host\n',
      }),
    )
    expect({ web: await networks('web'), db: await networks('db'), pid: await pidOf('web') }).toEqual(before)
    // And for newcomers.
    await serve('third', '--network', 'mynet')
    expect(await page('web', 'http://third/')).toMatchObject({ stdout: 'third\n' })
  })
})

test('a monitor that is killed takes its own container along, whose addresses and ports are free at once', async () => {
  const { first, second } = await changedWhileRunning()
  const before = { web: await networks('web'), db: await networks('db'), pid: await pidOf('db') }
  const ip = String(before.web.find(([network]) => network === 'mynet')?.[1])
  process.kill(monitorOf(await pidOf('web')), 'SIGKILL')
  await eventually('it has ended', 10_000, async () =>
    expect(await user.ok(['inspect', '-f', '{{.State.Status}}', 'web'])).toBe('exited'),
  )
  await serve('third', '--network', `mynet:ip=${ip}`, '-p', `127.0.0.1:${first}:80`)
  await eventually('the next one is there', 10_000, async () =>
    expect(await page('db', `http://${ip}/`)).toMatchObject({ stdout: 'third\n' }),
  )
  await user.ok(['rm', '-f', '-t', '0', 'third'])
  await user.ok(['start', 'web'])
  await everythingWorks(first, second)
  expect({ web: await networks('web'), db: await networks('db'), pid: await pidOf('db') }).toEqual(before)
})

test('a container that starts while the keeper is being killed is where the others are', async () => {
  await changedWhileRunning()
  const { keeper } = serving()
  const monitors = processesOf([user.folder]).filter(({ command }) => / monitor /.test(command))
  expect(monitors).toHaveLength(2)
  // Slow monitors: the newcomer finds nobody who has the namespace.
  for (const { pid } of monitors) process.kill(pid, 'SIGSTOP')
  process.kill(keeper, 'SIGKILL')
  const third = serve('third', '--network', 'mynet')
  await Bun.sleep(100)
  for (const { pid } of monitors) process.kill(pid, 'SIGCONT')
  await third
  await eventually('they reach each other', 10_000, async () => {
    expect(await page('third', 'http://db/')).toMatchObject({ stdout: 'db\n' })
    expect(await page('web', 'http://third/')).toMatchObject({ stdout: 'third\n' })
  })
  const namespace = async (name: string) => readlinkSync(`/proc/${await pidOf(name)}/ns/user`)
  expect(await namespace('third')).toBe(await namespace('web'))
})

/** Ways to end the program and have it back; they are given its pid. */
const comebacks: [string, (pid: number) => unknown][] = [
  // Not by `kill`, after which no policy starts it again.
  ['the restart policy', (pid) => process.kill(pid, 'SIGKILL')],
  ['restart', () => user.ok(['restart', '-t', '0', 'web'])],
  ['stop and start', () => user.ok(['stop', '-t', '0', 'web']).then(() => user.ok(['start', 'web']))],
]

test.each(comebacks)('back by %s: the same addresses, networks and ports', async (_, comeBack) => {
  const { first, second } = await changedWhileRunning('--restart', 'always')
  const before = await networks('web')
  const pid = await pidOf('web')
  await comeBack(Number(pid))
  await eventually('it runs again', 10_000, async () =>
    expect(await pidOf('web')).not.toMatch(new RegExp(`^(0|${pid})$`)),
  )
  await everythingWorks(first, second)
  expect(await networks('web')).toEqual(before)
})

const monitorOf = (pid: string) =>
  Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
const pidOf = (name: string) => user.ok(['inspect', '-f', '{{.State.Pid}}', name])
