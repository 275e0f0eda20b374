/**
 * Hostile archives by the dozen: entries of every kind under few names, so that they collide; names that go up, links
 * that lead out, headers and bytes damaged now and then. The same seed gives the same archive.
 */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { archive, entry, file, folder, hardLink, link, pax } from '../support/tar-bytes.ts'

/** mulberry32: good enough to wander about, and repeatable. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** @param outside an absolute path that links and names try to reach */
export function hostileArchive(seed: number, outside: string): Buffer {
  const random = randomFrom(seed)
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
  const part = () =>
    pick(['a', 'b', 'c', 'd', '.', '..', '', 'a\nb', '\xff', 'n'.repeat(200), '.wh.a', '.wh..wh..opq'])
  const name = (): string => {
    if (random(20) === 0) return `${pick([outside, '/', '../../..', `${'../'.repeat(20)}${outside}`])}/x`
    return Array.from({ length: 1 + random(3) }, () => (random(3) > 0 ? pick(['a', 'b', 'c']) : part())).join(
      '/',
    )
  }
  const target = () =>
    random(3) === 0 ? pick([outside, '/', '..', '../../../..', '', `${outside}/secret`]) : name()
  const data = () => 'x'.repeat(pick([0, 1, 511, 512, 513, 5000]))
  const ids = () => ({
    uid: pick([0, 0, 1, 1000, 65535]),
    gid: pick([0, 0, 5, 65535]),
    mode: random(0o10000),
  })
  const one = (): Buffer => {
    switch (random(14)) {
      case 0:
      case 1:
      case 2:
        return folder(name(), ids())
      case 3:
      case 4:
        return link(name(), target())
      case 5:
        return hardLink(name(), target())
      case 6:
        return file(name().replace(/[^/]*$/, (last) => `.wh.${last}`))
      case 7:
        return entry({ name: name(), type: '6', ...ids() })
      case 8:
        return entry({ name: name(), type: pick(['3', '4']), major: random(3), minor: random(9), ...ids() })
      case 9:
        return Buffer.concat([
          pax({
            ...(random(2) === 0 ? { path: name() } : {}),
            ...(random(3) === 0 ? { linkpath: target() } : {}),
            ...(random(3) === 0
              ? { mtime: `${random(2) === 0 ? '-' : ''}${random(1e9)}.${random(1e9)}` }
              : {}),
            [pick([
              'SCHILY.xattr.user.a',
              'SCHILY.xattr.user.overlay.opaque',
              'SCHILY.xattr.security.capability',
            ])]: 'y'.repeat(random(30)),
          }),
          random(2) === 0 ? file(name(), data(), ids()) : link(name(), target()),
        ])
      default:
        return file(name(), data(), ids())
    }
  }
  const bytes = archive(...Array.from({ length: 1 + random(60) }, one))
  // One in five is damaged: flipped bytes, or an end that is missing.
  if (random(5) === 0) for (let n = 0; n < 3; n += 1) bytes[random(bytes.length)] = random(256)
  const whole = random(8) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
  const packed = pick([(plain: Buffer) => plain, gzipSync, zstdCompressSync])(whole)
  return random(10) === 0 ? Buffer.from(packed.subarray(0, random(packed.length))) : Buffer.from(packed)
}
