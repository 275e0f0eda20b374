/**
 * The unpacker on archives that nobody would make. A few seconds here; by hand, for as long as one likes:
 *
 *     FUZZ_SECONDS=600 FUZZ_SEED=1 scripts/vitest run test/integration/fuzz-unpack.test.ts
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { hostileArchive } from '../fuzz/archive.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 5)
const first = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000)
const outside = join(user.folder, 'outside')

beforeAll(() => {
  user.makeFolder('outside', 0o777)
  user.file('outside/secret', 'mine', 0o666)
})

/** What an archive that got out would have changed. */
const around = () => ({
  names: readdirSync(outside),
  secret: readFileSync(join(outside, 'secret'), 'utf8'),
  mode: statSync(join(outside, 'secret')).mode,
  links: statSync(join(outside, 'secret')).nlink,
  own: readdirSync(user.folder).sort(),
})

test(
  'unpacks or refuses each with a sentence, touches nothing outside, and leaves nothing half-made',
  async () => {
    await user.sampan(['import', '-'], { input: hostileArchive(0, outside) })
    const before = around()
    const until = performance.now() + seconds * 1000
    for (let seed = first; performance.now() < until; seed += 1) {
      const { code, stderr } = await user.sampan(['import', '-'], {
        input: hostileArchive(seed, outside),
        timeout: 20_000,
      })
      const what = `seed ${seed}`
      expect(code, `${what}: ${stderr}`).toBeOneOf([0, 1])
      if (code === 1) expect(stderr, what).toMatch(/^Error: (cannot unpack )?the archive|^Error: .*archive/)
      expect(stderr, what).not.toMatch(/\n\s+at |TypeError|panic|internal/i)
      expect(around(), what).toEqual(before)
    }
    const halves = readdirSync(join(user.root, 'layers')).filter(
      (name) => !/^[0-9a-f]{64}(\.lock)?$/.test(name),
    )
    expect(halves).toEqual([])
  },
  seconds * 1000 + 60_000,
)
