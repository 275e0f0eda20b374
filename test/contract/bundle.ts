/**
 * Bundles for contract tests, written by hand as docs/helper-protocol.md describes them: one layer with Debian's static
 * busybox, no registry, no TypeScript of the tool in between.
 */
import { randomBytes } from 'node:crypto'
import { chownSync, copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { BundleHealth, SampanBundle } from '../../src/platform/helper/bundle.ts'
import { type Running, type RunOptions, run, start } from '../support/process.ts'
import { type Terminal, terminal } from '../support/terminal.ts'
import { asRoot, helper, type TestUser } from '../support/user.ts'

export interface BundleOptions {
  readonly args: readonly string[]
  readonly terminal?: boolean
  readonly sampan?: Partial<SampanBundle>
  readonly process?: Record<string, unknown>
  readonly namespaces?: readonly { readonly type: string; readonly path?: string }[]
  /** --rm. */
  readonly remove?: boolean
}

export interface State {
  readonly status: string
  readonly pid: number
  readonly startTicks: number
  readonly monitorPid: number
  readonly exitCode: number
  readonly signal: number
  readonly error: string
  readonly restartCount: number
  readonly startedAt: string
  readonly finishedAt: string
  readonly health: {
    status: string
    failingStreak: number
    log: { exitCode: number; output: string; start: string; end: string }[]
  } | null
}

export interface LogRecord {
  readonly log: string
  readonly stream: string
  readonly time: string
}

const applets = [
  'sh',
  'cat',
  'echo',
  'sleep',
  'true',
  'false',
  'ls',
  'stty',
  'tty',
  'head',
  'yes',
  'id',
  'env',
  'kill',
]
const more = [
  'ps',
  'wc',
  'dd',
  'trap',
  'touch',
  'mkdir',
  'test',
  'pwd',
  'seq',
  'md5sum',
  'nc',
  'printf',
  'setsid',
  'tr',
]

/** Makes bundles for the tests of one file; each is removed after its test. Called once, at the top of the file. */
export function bundleMaker(user: TestUser): (options: BundleOptions) => Bundle {
  const made: Bundle[] = []
  afterEach(async () => {
    for (const each of made.splice(0)) await each.remove()
  })
  return (options) => {
    const bundle = new Bundle(user, options)
    made.push(bundle)
    return bundle
  }
}

/** One container's folder and what can be done with it through the helper. */
export class Bundle {
  readonly id = randomBytes(32).toString('hex')
  readonly folder: string
  readonly runtime: string
  readonly namePath: string
  readonly #user: TestUser

  constructor(user: TestUser, options: BundleOptions) {
    this.#user = user
    this.runtime = join(user.runtime, 'sampan')
    for (const each of ['data', 'data/containers', 'data/names', 'data/layers', 'data/l'])
      user.makeFolder(each)
    this.folder = user.makeFolder(join('data/containers', this.id), 0o700)
    const name = `c-${this.id.slice(0, 8)}`
    this.namePath = join(user.root, 'names', name)
    user.file(join('data/names', name), this.id)
    layer(user)
    for (const each of ['upper', 'work', 'merged']) user.makeFolder(join('data/containers', this.id, each))
    this.#write('config.json', configOf(options))
    this.#write('sampan.json', this.#sampanOf(name, options))
  }

  #write(name: string, content: unknown) {
    this.#user.file(join('data/containers', this.id, name), JSON.stringify(content))
  }

  #sampanOf(name: string, options: BundleOptions): SampanBundle {
    const at = (part: string) => join(this.folder, part)
    return {
      version: 1,
      id: this.id,
      name,
      storage: {
        driver: 'overlay',
        links: join(this.#user.root, 'l'),
        lower: ['busybox'],
        upper: at('upper'),
        work: at('work'),
        merged: at('merged'),
        volatile: options.remove === true,
        fuseOverlayfs: [],
      },
      copyUp: [],
      own: [],
      volumes: [],
      accounts: [],
      terminal: { rows: 24, columns: 80 },
      stdin: false,
      stdinOnce: false,
      log: { driver: 'json-file', path: at('container.log'), maxSize: 10_000_000, maxFiles: 3 },
      network: { mode: 'none', container: null, command: [], mtu: 16384, ports: [] },
      join: { pid: null, ipc: null, uts: null, cgroup: null, user: null },
      keepGroups: false,
      init: false,
      restart: { policy: 'no', retries: 0 },
      stopSignal: 15,
      stopTimeout: 10,
      timeout: 0,
      pidFile: null,
      health: null,
      remove: options.remove ? { container: true, name: this.namePath, folders: [] } : null,
      cgroup: {
        path: null,
        memory: 0,
        memorySwap: 0,
        cpuQuota: 0,
        cpuPeriod: 0,
        cpuShares: 0,
        cpusetCpus: '',
        memoryReservation: 0,
        cpusetMems: '',
        pids: 0,
      },
      seccompCache: join(this.#user.home, '.cache/sampan/seccomp'),
      runtime: null,
      ...options.sampan,
    }
  }

  /** The whole command line of a role, as the user. */
  argv(role: string, words: readonly string[]): string[] {
    if (role === 'logs') return this.#user.argv([helper, role, ...words, '--', this.folder, '', ''])
    return this.#user.argv([helper, role, '--bundle', this.folder, '--runtime', this.runtime, ...words])
  }

  /** Starts it in the background; the one event line. */
  async start(): Promise<{ code: number; event: Record<string, unknown> }> {
    const { code, stdout, stderr } = await run(this.argv('monitor', []))
    if (stdout === '') throw new Error(`no event: ${stderr}`)
    return { code, event: JSON.parse(stdout) }
  }

  /** Runs a role to its end. */
  run(role: 'monitor' | 'attach' | 'exec' | 'logs', words: readonly string[], options?: RunOptions) {
    return run(this.argv(role, words), options)
  }

  /** Starts a role beside the test, its standard input a pipe. */
  beside(role: 'monitor' | 'attach' | 'exec' | 'logs', words: readonly string[]): Running {
    return start(this.argv(role, words), { stdin: true })
  }

  /** Starts a role on a terminal. */
  terminal(role: 'monitor' | 'attach' | 'exec', words: readonly string[], rows = 24, columns = 80): Terminal {
    return terminal(this.argv(role, words), { rows, columns })
  }

  /** A shell on a terminal whose script runs the monitor role as "$@", in a folder of the user's own. */
  inShell(script: string, words: readonly string[]): Terminal {
    return terminal(this.scripted(script, words))
  }

  /** argv of such a shell. */
  scripted(script: string, words: readonly string[]): string[] {
    const argv = this.argv('monitor', words)
    const at = argv.indexOf(helper)
    const home = `cd ${this.#user.home}; ${script}`
    return [...argv.slice(0, at), 'sh', '-c', home, 'sh', ...argv.slice(at)]
  }

  /** Runs `args` in the running container. */
  exec(args: readonly string[], words: readonly string[] = [], options: RunOptions & ExecOptions = {}) {
    return run(this.execArgv(args, words, options), options)
  }

  /** argv of the exec role with the process object on a descriptor of its own, which a shell opens. */
  execArgv(args: readonly string[], words: readonly string[] = [], options: ExecOptions = {}): string[] {
    const process = processOf({ ...options, args })
    const file = this.#user.file(`process-${randomBytes(4).toString('hex')}.json`, JSON.stringify(process))
    const role = this.argv('exec', ['--process', '3', ...words])
    return [
      ...role.slice(0, role.indexOf(helper)),
      'sh',
      '-c',
      `exec "$@" 3<${file}`,
      'sh',
      ...role.slice(role.indexOf(helper)),
    ]
  }

  state(): State {
    return JSON.parse(readFileSync(join(this.folder, 'state.json'), 'utf8'))
  }

  exists(): boolean {
    return existsSync(this.folder)
  }

  /** All records, oldest first, across rotated files. */
  log(): LogRecord[] {
    return [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
      .map((n) => join(this.folder, n === 0 ? 'container.log' : `container.log.${n}`))
      .filter((path) => existsSync(path))
      .flatMap((path) => readFileSync(path, 'utf8').split('\n').filter(Boolean))
      .map((line) => JSON.parse(line))
  }

  logText(): string {
    return this.log()
      .map((record) => record.log)
      .join('')
  }

  /** Replaces members of sampan.json. */
  change(members: Partial<SampanBundle>): void {
    const path = join(this.folder, 'sampan.json')
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...members }))
  }

  /** Kills it and removes the folder, whatever state it is in. */
  async remove(): Promise<void> {
    if (!this.exists()) return
    this.#user.file(join('data/containers', this.id, 'stop-requested'), '')
    try {
      const { status, pid } = this.state()
      if (status === 'running') process.kill(pid, 'SIGKILL')
    } catch {
      // Never started, or gone meanwhile.
    }
    await run(['flock', '--timeout', '10', join(this.folder, 'monitor.lock'), 'true'])
    await run(['flock', '--timeout', '10', join(this.folder, 'rootfs.lock'), 'true'])
    await run(this.#user.argv([helper, 'inside', '--runtime', this.runtime, '--remove', this.folder]))
    await run(this.#user.argv(['rm', '-rf', this.namePath, join(this.runtime, 'c', this.id)]))
  }
}

interface ExecOptions {
  readonly terminal?: boolean
  /** Members of the process object. */
  readonly process?: Record<string, unknown>
}

function processOf(options: ExecOptions & { readonly args: readonly string[] }) {
  return {
    terminal: options.terminal ?? false,
    user: { uid: 0, gid: 0 },
    args: options.args,
    env: ['PATH=/bin', 'TERM=xterm'],
    cwd: '/',
    capabilities: { bounding: caps, effective: caps, permitted: caps },
    noNewPrivileges: false,
    ...options.process,
  }
}

const caps = ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETUID', 'CAP_SETGID', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER']

function configOf(options: BundleOptions) {
  const mount = (destination: string, type: string, source: string, ...words: string[]) => ({
    destination,
    type,
    source,
    options: words,
  })
  return {
    ociVersion: '1.0.2',
    process: processOf(options),
    root: { path: 'merged', readonly: false },
    hostname: 'contract',
    mounts: [
      mount('/proc', 'proc', 'proc', 'nosuid', 'noexec', 'nodev'),
      mount('/dev', 'tmpfs', 'tmpfs', 'nosuid', 'strictatime', 'mode=755', 'size=65536k'),
      mount(
        '/dev/pts',
        'devpts',
        'devpts',
        'nosuid',
        'noexec',
        'newinstance',
        'ptmxmode=0666',
        'mode=0620',
        'gid=5',
      ),
      mount('/dev/shm', 'tmpfs', 'shm', 'nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'),
    ],
    linux: {
      namespaces:
        options.namespaces ?? ['mount', 'pid', 'ipc', 'uts', 'network', 'cgroup'].map((type) => ({ type })),
    },
  }
}

const layerName = 'b'.repeat(64)

/** DATA/layers/…/fs with busybox, and its short link. */
function layer(user: TestUser) {
  const fs = user.makeFolder(`data/layers/${layerName}/fs`)
  if (existsSync(join(fs, 'bin/busybox'))) return
  for (const folder of ['bin', 'dev', 'proc', 'sys', 'tmp', 'etc'])
    user.makeFolder(join(`data/layers/${layerName}/fs`, folder))
  copyFileSync('/bin/busybox', join(fs, 'bin/busybox'))
  if (asRoot) chownSync(join(fs, 'bin/busybox'), user.uid, user.gid)
  for (const applet of [...applets, ...more]) symlinkSync('busybox', join(fs, 'bin', applet))
  writeFileSync(join(fs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  symlinkSync(`../layers/${layerName}/fs`, join(user.root, 'l/busybox'))
}

export const seconds = (n: number) => n * 1_000_000_000

export function health(test: readonly string[], options: Partial<BundleHealth> = {}): BundleHealth {
  return {
    test,
    interval: seconds(0.1),
    timeout: seconds(5),
    startPeriod: 0,
    startInterval: 0,
    retries: 2,
    onFailure: 'none',
    ...options,
  }
}
