/**
 * The image in the executable: Debian's static busybox with a link for each applet, as an OCI image layout in a tar. The
 * same busybox always gives the same bytes: entries in a fixed order, one fixed time.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { type Header, pack } from 'tar-stream'

const reference = 'docker.io/sampan/busybox:latest'

/** What `run sampan/busybox` prints: proof that it works, and what to try next. */
const hello = `#!/bin/sh
cat <<END
Hello from a container!

This is busybox on Linux $(uname -r), started without root and without a daemon.
In here you are $(id -un) (uid $(id -u)); the container is called $(hostname).

Try next:
  sampan run -it sampan/busybox sh          a shell in a new container
  sampan run -d -p 8080:80 sampan/busybox httpd -f -h /var/www
  sampan ps -a                              what runs, and what ran
  sampan pull docker.io/library/debian      an image from a registry
  sampan --help                             everything else
END
`

const texts: Readonly<Record<string, string>> = {
  'etc/group':
    'root:x:0:\ndaemon:x:1:\nbin:x:2:\ntty:x:5:\nmail:x:8:\nwww-data:x:33:\nusers:x:100:\nnobody:x:65534:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  'etc/profile': "export PS1='\\h:\\w\\$ '\n",
  'etc/protocols': 'ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\n',
  'var/www/index.html':
    '<!doctype html><title>sampan</title><p>Hello from a web server in a container!</p>\n',
  'etc/services': 'domain 53/tcp\ndomain 53/udp\nhttp 80/tcp\nhttps 443/tcp\nssh 22/tcp\n',
}
const folders: Readonly<Record<string, number>> = {
  bin: 0o755,
  dev: 0o755,
  etc: 0o755,
  home: 0o755,
  proc: 0o555,
  root: 0o700,
  run: 0o755,
  sbin: 0o755,
  sys: 0o555,
  tmp: 0o1777,
  usr: 0o755,
  'usr/bin': 0o755,
  'usr/sbin': 0o755,
  'usr/share': 0o755,
  'usr/share/doc': 0o755,
  'usr/share/doc/busybox': 0o755,
  var: 0o755,
  'var/tmp': 0o1777,
  'var/www': 0o755,
}

/** The bytes of the tar. `busybox` is the path of a statically linked one, `copyright` that of its licence text. */
export async function busyboxImage(busybox: string, copyright: string): Promise<Buffer> {
  const made = new Date(Math.floor(statSync(busybox).mtimeMs / 1000) * 1000)
  const applets = execFileSync(busybox, ['--list-full'], { encoding: 'utf8' }).trim().split('\n').sort()
  const layer = await tar(made, [
    ...Object.entries(folders).map(([name, mode]) => ({ name, mode, type: 'directory' as const })),
    { name: 'bin/busybox', mode: 0o755, bytes: readFileSync(busybox) },
    { name: 'bin/hello', mode: 0o755, bytes: Buffer.from(hello) },
    { name: 'usr/share/doc/busybox/copyright', mode: 0o644, bytes: readFileSync(copyright) },
    ...Object.entries(texts).map(([name, text]) => ({ name, mode: 0o644, bytes: Buffer.from(text) })),
    ...applets
      .filter((name) => name !== 'bin/busybox')
      .map((name) => ({ name, mode: 0o777, type: 'symlink' as const, linkname: '/bin/busybox' })),
  ])
  const created = made.toISOString()
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const config = json({
    created,
    architecture,
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['/bin/hello'],
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [digest(layer)] },
    history: [{ created, created_by: 'busybox-static of Debian' }],
  })
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...descriptor(config) },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...descriptor(layer) }],
  })
  const index = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        ...descriptor(manifest),
        platform: { architecture, os: 'linux' },
        annotations: {
          'io.containerd.image.name': reference,
          'org.opencontainers.image.ref.name': reference,
        },
      },
    ],
  })
  const blob = (bytes: Buffer) => ({ name: `blobs/sha256/${digest(bytes).slice(7)}`, mode: 0o644, bytes })
  return tar(made, [
    { name: 'oci-layout', mode: 0o644, bytes: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', mode: 0o644, bytes: index },
    blob(manifest),
    blob(config),
    blob(layer),
  ])
}

type Entry = Pick<Header, 'name' | 'mode'> &
  Partial<Pick<Header, 'type' | 'linkname'>> & { readonly bytes?: Buffer }

async function tar(mtime: Date, entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack()
  for (const { bytes, ...header } of entries) {
    archive.entry(
      { ...header, mtime, uid: 0, gid: 0, uname: 'root', gname: 'root' },
      bytes ?? Buffer.alloc(0),
    )
  }
  archive.finalize()
  return buffer(archive)
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function descriptor(bytes: Buffer) {
  return { digest: digest(bytes), size: bytes.length }
}
