/**
 * What we print beside what docker printed: test/goldens/scenario, played with our executable as `docker`, against the
 * recordings of a real one. Three days pass in the middle, by libfaketime here. Where we mean to differ,
 * test/goldens/ours has what we print, and test/goldens/deviations.json why.
 *
 *     GOLDENS=write scripts/vitest run test/integration/goldens.test.ts     writes ours/ anew
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeImages } from '../goldens/image.ts'
import { normalise } from '../goldens/normalise.ts'
import { run } from '../support/process.ts'
import { freePort } from '../support/registry.ts'
import { stage, testUser } from '../support/user.ts'

const user = testUser()
const goldens = resolve(import.meta.dirname, '../goldens')
const at = (...path: string[]) => join(goldens, ...path)
const played = user.makeFolder('played')
const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch
const faketime = `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`
const deviations: Readonly<Record<string, string>> = JSON.parse(readFileSync(at('deviations.json'), 'utf8'))
const cases = readdirSync(at('docker'))
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.slice(0, -4))

let port: string
const recorded = (name: string) =>
  normalise(name, readFileSync(at('docker', `${name}.txt`), 'utf8'), { port: '18080' })
const ours = (name: string) => normalise(name, readFileSync(join(played, `${name}.txt`), 'utf8'), { port })

beforeAll(async () => {
  const bin = user.makeFolder('bin')
  copyFileSync(user.executable, join(bin, 'docker'))
  chmodSync(join(bin, 'docker'), 0o755)
  const archives = user.makeFolder('archives')
  await writeImages(archives, join(stage, 'busybox'))
  const scripts = user.makeFolder('scripts')
  for (const name of ['play', 'scenario']) {
    copyFileSync(at(name), join(scripts, name))
    chmodSync(join(scripts, name), 0o755)
  }
  const later = user.file('later', `export LD_PRELOAD=${faketime} FAKETIME=+3d`)
  port = String(await freePort())
  const env = {
    PATH: `${bin}:${user.environment['PATH']}`,
    PORT: port,
    ARCHIVE: join(archives, 'image.tar'),
    OLDER: join(archives, 'older.tar'),
  }
  const { code, stderr } = await user.run([join(scripts, 'play'), played, later], { env, timeout: 400_000 })
  expect([code, stderr]).toEqual([0, ''])
  if (process.env['GOLDENS'] === 'write') writeOurs()
}, 420_000)

/** What differs, for a person to read with `diff -r docker ours` and to explain in deviations.json. */
function writeOurs() {
  rmSync(at('ours'), { recursive: true, force: true })
  mkdirSync(at('ours'))
  for (const name of cases)
    if (ours(name) !== recorded(name)) writeFileSync(at('ours', `${name}.txt`), ours(name))
}

describe('printed as docker prints it:', () => {
  test.each(cases.filter((name) => !(name in deviations)))('%s', (name) => {
    expect(ours(name)).toBe(recorded(name))
  })
})

describe('where we differ, it is by this much:', () => {
  test.each(Object.entries(deviations))('%s: %s', (name) => {
    expect(ours(name)).toBe(readFileSync(at('ours', `${name}.txt`), 'utf8'))
    expect(ours(name)).not.toBe(recorded(name))
  })
})

test('every case was recorded, and every deviation is of one', async () => {
  const { stdout } = await run(['sed', '-n', 's/^== //p', at('scenario')])
  const named = stdout.split('\n').filter((name) => name !== '' && name !== 'later')
  expect(named.map((name) => name.replaceAll(' ', '-')).sort()).toEqual([...cases].sort())
  const written = existsSync(at('ours')) ? readdirSync(at('ours')) : []
  expect(written.sort()).toEqual(
    Object.keys(deviations)
      .map((name) => `${name}.txt`)
      .sort(),
  )
})
