/** The images tests use, made once from this machine's own packages and kept in the stage folder. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll } from 'vitest'
import { tarOf, writeDockerArchive, writeLayout } from './oci-image.ts'
import { ok } from './process.ts'
import { asRoot, stage, type TestUser } from './user.ts'

/** A docker-archive of a small busybox image, Debian's. Its Cmd is `sh`; it knows the user `app` (1000). */
export const busyboxArchive = join(stage, 'busybox-1.tar')
/** An OCI layout of Debian 12 with nginx; the tag is `12`. */
export const debianLayout = join(stage, 'debian-nginx-2')

/** Loads the busybox image before the first test of the file. Returns the name to run it by. */
export function busybox(user: TestUser): string {
  beforeAll(async () => {
    await user.ok(['load', '-q', '-i', busyboxArchive])
  }, 60_000)
  return 'busybox'
}

/** Makes the images that are not there yet. Called once before all integration tests. */
export async function makeImages(): Promise<void> {
  await once(busyboxArchive, async (target, work) => {
    const layer = await busyboxLayer(join(work, 'rootfs'))
    await writeDockerArchive(target, 'busybox:latest', { layers: [layer], config: { Cmd: ['sh'] } })
  })
}

/** Debian takes half a minute to make: tests that need it ask for it. */
export function makeDebian(): Promise<string> {
  const hook = '--customize-hook=ln -sf /dev/stdout "$1"/var/log/nginx/access.log'
  const Cmd = ['nginx', '-g', 'daemon off;']
  return debianWith('nginx-light', debianLayout, [hook], {
    Cmd,
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  })
}

/** An OCI layout of Debian 12 with memcached; the tag is `12`. A database that nginx can ask by itself. */
export function makeMemcached(): Promise<string> {
  return debianWith('memcached', join(stage, 'debian-memcached-1'), [], {
    Cmd: ['memcached', '-u', 'memcache'],
    ExposedPorts: { '11211/tcp': {} },
  })
}

async function debianWith(
  server: string,
  layout: string,
  hooks: readonly string[],
  config: Readonly<Record<string, unknown>>,
): Promise<string> {
  await once(layout, async (target, work) => {
    const tar = join(work, 'debian.tar')
    const mode = asRoot ? 'root' : 'unshare'
    const options = [
      '--dpkgopt=path-exclude=/usr/share/{doc,man,locale}/*',
      '--customize-hook=rm -rf "$1"/var/cache/apt/*',
      ...hooks,
    ]
    const argv = ['mmdebstrap', '--quiet', '--variant=minbase', `--mode=${mode}`, `--include=${server}`]
    await ok([...argv, ...options, 'bookworm', tar], { timeout: 400_000 })
    const layer = new Uint8Array(await Bun.file(tar).arrayBuffer())
    writeLayout(target, '12', { layers: [layer], config })
  })
  return layout
}

/** A folder with the smallest Debian 12 that has `uidmap` and none of what we build or test with. Only root can make it. */
export async function bareDebian(): Promise<string> {
  const folder = join(stage, 'bare-debian-1')
  await once(folder, async (target) => {
    const argv = ['mmdebstrap', '--quiet', '--variant=minbase', '--mode=root', '--include=uidmap']
    await ok([...argv, 'bookworm', target], { timeout: 400_000 })
  })
  return folder
}

/** The root filesystem of the busybox image as one uncompressed tar. */
export async function busyboxLayer(folder: string): Promise<Uint8Array> {
  const at = (path: string) => join(folder, path)
  for (const path of ['bin', 'dev', 'etc', 'home/app', 'proc', 'root', 'run', 'sys', 'usr/bin', 'var/log']) {
    mkdirSync(at(path), { recursive: true })
  }
  mkdirSync(at('tmp'))
  chmodSync(at('tmp'), 0o1777)
  copyFileSync(join(stage, 'busybox'), at('bin/busybox'))
  const applets = await ok([join(stage, 'busybox'), '--list'])
  for (const applet of applets.split('\n').filter((name) => name !== '' && name !== 'busybox')) {
    symlinkSync('busybox', at(`bin/${applet}`))
  }
  writeFileSync(at('etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n')
  writeFileSync(at('etc/group'), 'root:x:0:\napp:x:1000:\naudio:x:29:app\n')
  return await tarOf(folder, '--exclude=./home/app')
}

/** Makes a file or folder under a temporary name and renames it, so that an interrupted run leaves nothing half. */
export async function once(
  path: string,
  make: (target: string, work: string) => Promise<void>,
): Promise<void> {
  if (existsSync(path)) return
  const work = mkdtempSync(`${path}.making-`)
  try {
    await make(join(work, 'target'), work)
    renameSync(join(work, 'target'), path)
    await ok(['chmod', '-R', 'a+rX', path])
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
