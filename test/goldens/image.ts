/**
 * The two images of the scenario, always of the same size, whatever busybox this machine has:
 *
 *     bun test/goldens/image.ts FOLDER BUSYBOX     writes FOLDER/image.tar and FOLDER/older.tar
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tarOf, writeDockerArchive } from '../support/oci-image.ts'

const applets = 'sh cat echo false head hostname id ls mkdir rm sleep stat tail tr true wc'.split(' ')
/** What the files of the first layer come to, in bytes. */
const total = 3_000_000
const day = 86_400_000

/** @param now when the scenario begins: the image is 18 days old then, and three more when it is looked at */
export async function writeImages(folder: string, busybox: string, now = Date.now()): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'golden-'))
  const base = join(work, 'base')
  for (const path of ['bin', 'etc', 'tmp', 'dev', 'proc', 'sys', 'data']) {
    mkdirSync(join(base, path), { recursive: true })
  }
  copyFileSync(busybox, join(base, 'bin/busybox'))
  chmodSync(join(base, 'bin/busybox'), 0o755)
  for (const applet of applets) symlinkSync('busybox', join(base, 'bin', applet))
  const texts = {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
    'etc/group': 'root:x:0:\n',
    'etc/issue': 'golden\n',
  }
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(base, path), text)
  const used = Object.values(texts).reduce((sum, text) => sum + text.length, statSync(busybox).size)
  writeFileSync(join(base, 'data/padding'), Buffer.alloc(total - used))
  const top = join(work, 'top')
  mkdirSync(join(top, 'etc'), { recursive: true })
  writeFileSync(join(top, 'etc/motd'), 'welcome\n')

  const created = new Date(now - 18 * day).toISOString()
  const older = new Date(now - 40 * day).toISOString()
  const lower = await tarOf(base)
  const step = (createdBy: string, more: object = {}) => ({ created, created_by: createdBy, ...more })
  await writeDockerArchive(join(folder, 'image.tar'), 'golden:1', {
    layers: [lower, await tarOf(top)],
    created,
    history: [
      step('/bin/sh -c #(nop) ADD file:0123456789abcdef in / ', { comment: 'the base' }),
      step('/bin/sh -c #(nop)  ENV PATH=/bin', { empty_layer: true }),
      step("RUN /bin/sh -c printf 'welcome\\n' >/etc/motd # buildkit", { comment: 'buildkit.dockerfile.v0' }),
      step('CMD ["sh"]', { empty_layer: true, comment: 'buildkit.dockerfile.v0' }),
    ],
    config: {
      Env: ['PATH=/bin'],
      Cmd: ['sh'],
      Labels: { golden: 'yes', 'com.example.some-thing': 'label' },
      ExposedPorts: { '8080/tcp': {} },
    },
  })
  await writeDockerArchive(join(folder, 'older.tar'), 'golden:1', {
    layers: [lower],
    created: older,
    history: [{ created: older, created_by: 'an older one' }],
    config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
  })
}

if (import.meta.main) {
  const [, , folder = '.', busybox = '/bin/busybox'] = process.argv
  await writeImages(folder, busybox)
}
