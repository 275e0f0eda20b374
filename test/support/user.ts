/**
 * The person who uses the tool in a test: a plain user with a home, a store, a runtime folder of this test file's own.
 *
 *     const user = testUser()
 *     const { code, stdout } = await user.sampan(['run', '--rm', image, 'true'])
 *
 * When the tests run as root the user is the one scripts/setup creates; a developer who is not root is the user.
 * TEST_AS=root makes it root, for the second pass. After the file's last test everything is removed through the tool,
 * and what is left then (a process, a mount, a file) fails the file.
 */
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterAll, expect } from 'vitest'
import { leftovers } from './leaks.ts'
import { ok, type Result, type Running, type RunOptions, run, start } from './process.ts'
import { type Terminal, terminal } from './terminal.ts'

const root = 0
const testUserName = 'sampan-test'

export interface TestUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** All below it belongs to this test file alone; short enough for sockets. */
  readonly folder: string
  readonly home: string
  /** DATA of docs/on-disk.md, also given as SAMPAN_ROOT. */
  readonly root: string
  /** XDG_RUNTIME_DIR; RUN is `sampan` below it. */
  readonly runtime: string
  /** The whole environment of the user's programs. */
  readonly environment: Readonly<Record<string, string>>
  /** dist/sampan, copied to where the user can run it. */
  readonly executable: string
  /** Runs the tool to its end; any exit code is a result. */
  sampan(args: readonly string[], options?: RunOptions): Promise<Result>
  /** Runs the tool, throws unless it exits 0, returns standard output without the last newline. */
  ok(args: readonly string[], options?: RunOptions): Promise<string>
  /** Runs any program as the user. */
  run(argv: readonly string[], options?: RunOptions): Promise<Result>
  /** Starts the tool beside the test. Standard input is a pipe when `stdin` is set. */
  start(args: readonly string[], options?: RunOptions & { readonly stdin?: boolean }): Running
  /** Starts the tool on a terminal of its own. */
  terminal(args: readonly string[], options?: RunOptions & { rows?: number; columns?: number }): Terminal
  /** The argv that runs a program as the user with this environment: for wrapping in unshare and the like. */
  argv(argv: readonly string[], env?: RunOptions['env']): string[]
  /** Writes a file the user owns below `folder`; returns its path. */
  file(path: string, content: string | Uint8Array, mode?: number): string
  /** Makes a folder the user owns below `folder`; returns its path. */
  makeFolder(path: string, mode?: number): string
  /** What is left of this user's containers: processes, mounts, files. Empty when all is well. */
  leftovers(): Promise<string[]>
}

export interface TestUserOptions {
  /** Added to the environment of everything the user runs. */
  readonly env?: Readonly<Record<string, string>>
  /** Take the name 'sampan-test' even under TEST_AS=root, or root always. */
  readonly as?: 'user' | 'root'
}

/** Where scripts/host/stage copies what tests run: the clone itself may be where the user cannot read. */
export const stage = process.env['SAMPAN_TEST_STAGE'] ?? `/var/tmp/sampan-test-${process.getuid?.()}`
export const executable = process.env['SAMPAN_TEST_EXECUTABLE'] ?? join(stage, 'sampan')
/** The helper alone, for contract tests. */
export const helper = join(stage, 'sampan-helper')

/** Stands in the path of every folder of this run, and so in the command line or mounts of every process of it. */
export const runMark = () => `sampan-t-${process.env['SAMPAN_TEST_RUN'] ?? process.pid}`

/** Whether the tests may do what only root can: hide devices, mount small file systems, change users. */
export const asRoot = process.getuid?.() === root

/** Makes the user of this test file. Call it once, at the top of the file. */
export function testUser(options: TestUserOptions = {}): TestUser {
  const account = accountFor(options.as ?? (process.env['TEST_AS'] === 'root' ? 'root' : 'user'))
  const folder = `${join(account.home, runMark())}-${Math.random().toString(36).slice(2, 8)}`
  const runtime = join(`/run/user/${account.uid}`, basename(folder))
  const own = (path: string, mode = 0o755) => {
    const full = resolve(folder, path)
    mkdirSync(full, { recursive: true })
    chmodSync(full, mode)
    if (asRoot) chownSync(full, account.uid, account.gid)
    return full
  }
  own('.')
  own('home')
  own(runtime, 0o700)

  const data = join(folder, 'data')
  const environment: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: join(folder, 'home'),
    USER: account.name,
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    XDG_RUNTIME_DIR: runtime,
    SAMPAN_ROOT: data,
    ...options.env,
  }
  const user = person(
    { ...account, folder, home: join(folder, 'home'), root: data, runtime, environment, own },
    [],
  )
  afterAll(async () => {
    const containers = await user.sampan(['ps', '-aq'])
    const ids = containers.stdout.split('\n').filter((id) => id !== '')
    if (ids.length > 0) await user.sampan(['rm', '-f', '-v', ...ids], { timeout: 120_000 })
    const left = await user.leftovers()
    await removeFolder(user)
    expect(left, `left behind by ${basename(expect.getState().testPath ?? '')}`).toEqual([])
  }, 180_000)
  return user
}

/** Layers belong to mapped ids: a plain user needs the same mapping to delete them. */
async function removeFolder(user: TestUser) {
  if (asRoot) rmSync(user.folder, { recursive: true, force: true })
  else await run(['unshare', '--map-auto', '--map-root-user', 'rm', '-rf', user.folder])
  rmSync(user.runtime, { recursive: true, force: true })
}

interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

function accountFor(who: 'user' | 'root'): Account {
  if (!asRoot) {
    const me = userInfo()
    return { name: me.username, uid: me.uid, gid: me.gid, home: me.homedir }
  }
  const name = who === 'root' ? 'root' : testUserName
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  if (line === undefined) throw new Error(`no user ${name}: run scripts/setup test`)
  const [, , uid = '', gid = '', , home = ''] = line.split(':')
  return { name, uid: Number(uid), gid: Number(gid), home }
}

function becomeUser(account: { uid: number; gid: number }): string[] {
  if (!asRoot || account.uid === root) return []
  return ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--init-groups', '--inh-caps=-all']
}

interface Place extends Omit<Account, 'home'> {
  readonly folder: string
  readonly home: string
  readonly root: string
  readonly runtime: string
  readonly environment: Readonly<Record<string, string>>
  readonly own: (path: string, mode?: number) => string
}

/** The same user behind a prefix that changes what the host looks like: see host.ts. */
export function behind(user: TestUser, prefix: readonly string[]): TestUser {
  return person({ ...user, own: (path, mode) => user.makeFolder(path, mode) }, prefix)
}

function person(place: Place, prefix: readonly string[]): TestUser {
  const { own, folder } = place
  const argv: TestUser['argv'] = (program, env = {}) => {
    const all = Object.entries({ ...place.environment, ...env }).filter(([, value]) => value !== undefined)
    const assignments = all.map(([name, value]) => `${name}=${value}`)
    return [...prefix, ...becomeUser(place), 'env', '-i', ...assignments, ...program]
  }
  const tool = (args: readonly string[], options?: RunOptions) => argv([executable, ...args], options?.env)
  // The environment is in argv, where setpriv and nsenter leave it alone.
  const plain = <O extends RunOptions>(options?: O) => ({ cwd: folder, ...options, env: {} })
  const user: TestUser = {
    ...place,
    executable,
    argv,
    sampan: (args, options) => run(tool(args, options), plain(options)),
    ok: async (args, options) => (await ok(tool(args, options), plain(options))).replace(/\n$/, ''),
    run: (program, options) => run(argv(program, options?.env), plain(options)),
    start: (args, options) => start(tool(args, options), plain(options)),
    terminal: (args, options) => terminal(tool(args, options), plain(options)),
    file(path, content, mode = 0o644) {
      const full = join(folder, path)
      own(join(path, '..'))
      writeFileSync(full, content)
      chmodSync(full, mode)
      if (asRoot) chownSync(full, place.uid, place.gid)
      return full
    },
    makeFolder: own,
    leftovers: () => leftovers(user),
  }
  return user
}
