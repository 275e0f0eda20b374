/** Where the measured user lives during a benchmark: a home of its own, in which podman is set up as well as it can be. */
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { run } from '../test/support/process.ts'
import { mountOwnDisk } from './own-disk.ts'

export interface Place extends AsyncDisposable {
  readonly home: string
  readonly runtime: string
  /** The argv that becomes the user, with an environment of their own. */
  readonly become: readonly string[]
  write(path: string, content: string): string
}

export interface PlaceOptions {
  /** A new file system of its own, where we are root. */
  readonly ownDisk?: boolean
}

export async function makePlace({ ownDisk = false }: PlaceOptions = {}): Promise<Place> {
  const root = process.getuid?.() === 0
  const account = root ? accountOf('sampan-test') : { ...userInfo(), home: userInfo().homedir }
  const home = mkdtempSync(join(account.home, 'sampan-bench-'))
  const runtime = join(`/run/user/${account.uid}`, basename(home))
  mkdirSync(runtime, { recursive: true, mode: 0o700 })
  const own = (path: string) => root && chownSync(path, account.uid, account.gid)
  own(home)
  own(runtime)
  const unmount = root && ownDisk ? await mountOwnDisk(home, account) : undefined
  chmodSync(home, 0o755)
  const environment = {
    HOME: home,
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    USER: account.username,
    XDG_RUNTIME_DIR: runtime,
    LANG: 'C.UTF-8',
  }
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--init-groups', '--inh-caps=-all']
  return {
    home,
    runtime,
    become: [...(root ? ['setpriv', ...identity] : []), 'env', '-C', home, '-i', ...assignments],
    write(path, content) {
      const full = join(home, path)
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, content)
      if (root) spawnSync('chown', ['-R', `${account.uid}:${account.gid}`, home])
      return full
    },
    async [Symbol.asyncDispose]() {
      await unmount?.()
      if (root) rmSync(home, { recursive: true, force: true })
      else await run(['unshare', '--map-auto', '--map-root-user', 'rm', '-rf', home])
      rmSync(runtime, { recursive: true, force: true })
    },
  }
}

/**
 * What an informed user of Debian's podman sets: native overlay rather than vfs, runc, since stock crun refuses some
 * machines, no journal where there is none, and the loopback registry without TLS.
 */
export function setUpPodman(place: Place, registry: string): void {
  const config = (name: string, lines: readonly string[]) =>
    place.write(`.config/containers/${name}`, `${lines.join('\n')}\n`)
  config('storage.conf', ['[storage]', 'driver = "overlay"'])
  config('containers.conf', [
    '[engine]',
    'runtime = "runc"',
    'events_logger = "file"',
    'cgroup_manager = "cgroupfs"',
    '[containers]',
    'log_driver = "k8s-file"',
  ])
  config('registries.conf', [
    'unqualified-search-registries = ["docker.io"]',
    '[[registry]]',
    `location = "${registry}"`,
    'insecure = true',
  ])
  config('policy.json', ['{"default": [{"type": "insecureAcceptAnything"}]}'])
}

function accountOf(name: string) {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [username = name, , uid, gid, , home = ''] = line?.split(':') ?? []
  if (line === undefined) throw new Error(`no user ${name}: run scripts/setup bench`)
  return { username, uid: Number(uid), gid: Number(gid), home }
}
