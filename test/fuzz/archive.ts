/**
 * Hostile archives by the dozen: entries of every kind under few names, so that they collide; names that go up, links
 * that lead out, headers and bytes damaged now and then. The same seed gives the same archive.
 */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { archive, entry, file, folder, hardLink, link, pax } from '../support/tar-bytes.ts'

/** mulberry32: good enough to wander about, and repeatable. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/**
 * Archives of even seeds have names that fit together, so that they are read to their end; those of odd ones stop at
 * the first name that cannot be.
 * @param outside an absolute path that links and names try to reach
 */
export function hostileArchive(seed: number, outside: string): Buffer {
  const random = randomFrom(seed)
  const tame = seed % 2 === 0
  const entryOf = tame ? tameEntry : wildEntry
  const entries = Array.from({ length: 1 + random(60) }, () => entryOf(random, outside))
  const start = tame ? [file('h'), folder('a'), link('to-a', pick(random, ['a', '/a', '../../../a']))] : []
  const bytes = archive(...start, ...entries)
  // Some are damaged: flipped bytes, or an end that is missing, before or after compression.
  const rare = tame ? 20 : 6
  if (random(rare) === 0) for (let n = 0; n < 3; n += 1) bytes[random(bytes.length)] = random(256)
  const whole = random(rare) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
  const packed = pick(random, [(plain: Buffer) => plain, gzipSync, zstdCompressSync])(whole)
  return Buffer.from(random(rare) === 0 ? packed.subarray(0, random(packed.length)) : packed)
}

type Random = (below: number) => number

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T
}

const long = 'n'.repeat(200)
const data = (random: Random) => 'x'.repeat(pick(random, [0, 1, 511, 512, 513, 5000]))
const owner = (random: Random) => ({
  uid: pick(random, [0, 0, 1, 1000, 65535]),
  gid: pick(random, [0, 0, 5, 65535]),
  mode: random(0o10000),
})
const attribute = (random: Random) => ({
  [`SCHILY.xattr.${pick(random, ['user.a', 'user.overlay.opaque', 'security.capability', 'trusted.x'])}`]:
    'y'.repeat(random(30)),
})

/** Folders a, b and c, the link to-a to one of them, and leaves that are never folders. */
function tameEntry(random: Random, outside: string): Buffer {
  const branch = Array.from({ length: random(4) }, () =>
    pick(random, ['a', 'b', 'c', './a', 'b/../b', 'to-a']),
  )
  const under = (last: string) => [...branch, last].join('/')
  const leaf = under(pick(random, ['f', 'g', '\xff', 'a\nb', long]))
  switch (random(9)) {
    case 0:
      return folder(under(pick(random, ['a', 'b', 'c'])), owner(random))
    case 1:
      return link(leaf, pick(random, [outside, '/', '../../../..', `${outside}/secret`, 'nowhere']))
    case 2:
      return hardLink(leaf, pick(random, ['h', './h', '/a/../h']))
    case 3:
      return file(under(pick(random, ['.wh..wh..opq', '.wh.f', '.wh.a', '.wh.none', '.wh..wh.plnk'])))
    case 4:
      return entry({
        name: leaf,
        type: pick(random, ['6', '3', '4']),
        major: random(3),
        minor: random(9),
        ...owner(random),
      })
    case 5:
      return Buffer.concat([
        pax({ path: leaf, mtime: `-${random(1e9)}.${random(1e9)}`, ...attribute(random) }),
        file('renamed', data(random), owner(random)),
      ])
    default:
      return file(leaf, data(random), owner(random))
  }
}

/** Anything anywhere. */
function wildEntry(random: Random, outside: string): Buffer {
  const parts = [
    'a',
    'b',
    'c',
    'a',
    'b',
    'c',
    'd',
    '.',
    '..',
    '',
    'a\nb',
    '\xff',
    long,
    '.wh.a',
    '.wh..wh..opq',
  ]
  const name = () =>
    random(15) === 0
      ? `${pick(random, [outside, '/', '../../..', `${'../'.repeat(20)}${outside}`])}/x`
      : Array.from({ length: 1 + random(3) }, () => pick(random, parts)).join('/')
  const target = () =>
    random(2) === 0 ? pick(random, [outside, '/', '..', '../../../..', '', `${outside}/secret`]) : name()
  switch (random(7)) {
    case 0:
      return folder(name(), owner(random))
    case 1:
      return link(name(), target())
    case 2:
      return hardLink(name(), target())
    case 3:
      return file(name().replace(/[^/]*$/, (last) => `.wh.${last}`))
    case 4:
      return entry({
        name: name(),
        type: pick(random, ['3', '4', '6', '7', 'D', 'S', 'V', 'Z']),
        ...owner(random),
      })
    case 5:
      return Buffer.concat([
        pax({ path: name(), linkpath: target(), ...attribute(random) }),
        random(2) === 0 ? file('x', data(random)) : link('x', 'y'),
      ])
    default:
      return file(name(), data(random), owner(random))
  }
}
