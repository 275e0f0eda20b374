/** The images of the pull figures. They compress to about half, and are the same each time. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from '../test/support/images.ts'
import { tarOf, writeLayout } from '../test/support/oci-image.ts'
import { stage } from '../test/support/user.ts'

const files = 10_000
const bytes = 300_000_000
const layers = 5

/** 300 MB in 10,000 files and five layers. */
export async function makeBigImage(): Promise<string> {
  const layout = join(stage, 'bench-image-1')
  await once(layout, async (target, work) => {
    const noise = noiseOf(1 << 20)
    const tars: Uint8Array[] = []
    for (let layer = 0; layer < layers; layer++) {
      const folder = join(work, `layer-${layer}`)
      for (let n = 0; n < files / layers; n++) {
        const parent = join(folder, `usr/share/part-${layer}/${n % 50}`)
        mkdirSync(parent, { recursive: true })
        writeFileSync(join(parent, `file-${n}`), content(noise, layer * 7919 + n))
      }
      tars.push(await tarOf(folder))
    }
    writeLayout(target, '1', { layers: tars, config: { Cmd: ['true'] } })
  })
  return layout
}

/** One layer of 1 GiB in 64 files. */
export async function makeLargeLayer(): Promise<string> {
  const layout = join(stage, 'bench-large-layer-1')
  await once(layout, async (target, work) => {
    const noise = noiseOf(16 << 20)
    const folder = join(work, 'layer')
    mkdirSync(join(folder, 'data'), { recursive: true })
    for (let n = 0; n < 64; n++) {
      // Noise that no window of gzip sees twice, and text.
      const from = (n * 131071) % (8 << 20)
      const parts = [
        noise.subarray(from, from + (8 << 20)),
        Buffer.alloc(8 << 20, `line ${n} of some text\n`),
      ]
      writeFileSync(join(folder, `data/file-${n}`), Buffer.concat(parts))
    }
    writeLayout(target, '1', { layers: [await tarOf(folder)], config: { Cmd: ['true'] } })
  })
  return layout
}

/** Sizes from 1 kB to 300 kB, small ones most often; half of each is noise, half repeats. */
function content(noise: Buffer, n: number): Buffer {
  const spread = ((n * 2654435761) >>> 0) / 2 ** 32
  const size = Math.round((bytes / files) * (spread < 0.8 ? spread : 4.2 * spread))
  const half = size >> 1
  const from = (n * 104729) % (noise.length - 200_000)
  return Buffer.concat([
    noise.subarray(from, from + half),
    Buffer.alloc(size - half, `line ${n} of some text\n`),
  ])
}

/** xorshift32: incompressible, and the same on every machine. */
function noiseOf(length: number): Buffer {
  const noise = Buffer.alloc(length)
  let state = 2463534242
  for (let at = 0; at < length; at += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    noise.writeInt32LE(state, at)
  }
  return noise
}
