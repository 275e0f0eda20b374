/** Runs programs for tests: bounded in time, everything they print kept, nothing of theirs left running. */
import { constants } from 'node:os'
import type { Subprocess } from 'bun'

export interface RunOptions {
  /** Written to standard input, then closed. Without it standard input is /dev/null. */
  readonly input?: string | Uint8Array
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Milliseconds until the whole process group is killed and the call throws. Default 60,000. */
  readonly timeout?: number
}

export interface Result {
  /** Exit code; 128 + n when a signal ended the program, as shells say it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Uint8Array
  /** Wall-clock milliseconds. */
  readonly elapsed: number
}

/** Runs a program to its end. Throws only when it cannot be started or takes too long: exit codes are results. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const began = performance.now()
  const child = start(argv, options)
  if (options.input !== undefined) {
    child.write(options.input)
    child.closeInput()
  }
  const code = await child.exited(options.timeout ?? 60_000)
  const [bytes, stderr] = await Promise.all([child.stdoutBytes(), child.stderr()])
  return { code, stdout: new TextDecoder().decode(bytes), stderr, bytes, elapsed: performance.now() - began }
}

/** As run, but any exit code other than 0 throws with all that was printed. Returns standard output. */
export async function ok(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options)
  if (result.code !== 0)
    throw new Error(`${describe(argv)} exited ${result.code}\n${result.stderr}${result.stdout}`)
  return result.stdout
}

/** A program that runs beside the test. `dispose` (or `using`) kills its process group. */
export interface Running extends Disposable {
  readonly pid: number
  write(data: string | Uint8Array): void
  closeInput(): void
  /** What it printed so far. */
  readonly soFar: { stdout: string; stderr: string }
  /** All it printed, once it has closed its outputs. */
  stdoutBytes(): Promise<Uint8Array>
  stderr(): Promise<string>
  /** Waits until standard output or error contains the text; throws after `timeout` milliseconds (10,000). */
  waitFor(text: string | RegExp, timeout?: number): Promise<void>
  /** The exit code; kills the group and throws after `timeout` milliseconds (60,000). */
  exited(timeout?: number): Promise<number>
  /** Signals the process itself. */
  signal(name: NodeJS.Signals): void
  /** Signals its whole process group. */
  signalGroup(name: NodeJS.Signals): void
}

/** Starts a program in a process group of its own. Standard input stays open as a pipe when `input` is given. */
export function start(
  argv: readonly string[],
  options: RunOptions & { readonly stdin?: boolean } = {},
): Running {
  const keepInput = options.stdin === true || options.input !== undefined
  const child = Bun.spawn([...argv], {
    env: environment(options.env),
    stdin: keepInput ? 'pipe' : 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }) as Subprocess<'pipe' | 'ignore', 'pipe', 'pipe'>
  const soFar = { stdout: '', stderr: '' }
  const chunks: Uint8Array[] = []
  const stdout = collect(child.stdout, (chunk, text) => {
    chunks.push(chunk)
    soFar.stdout += text
  })
  const stderr = collect(child.stderr, (_, text) => {
    soFar.stderr += text
  })
  const signalGroup = (name: NodeJS.Signals) => {
    try {
      process.kill(-child.pid, name)
    } catch {
      // Already gone.
    }
  }
  return {
    pid: child.pid,
    soFar,
    write: (data) => {
      child.stdin?.write(data)
      child.stdin?.flush()
    },
    closeInput: () => void child.stdin?.end(),
    stdoutBytes: () => stdout.then(() => Buffer.concat(chunks)),
    stderr: () => stderr.then(() => soFar.stderr),
    waitFor: (text, timeout = 10_000) =>
      eventually(`${describe(argv)} prints ${text}`, timeout, () => {
        const all = soFar.stdout + soFar.stderr
        if (typeof text === 'string' ? all.includes(text) : text.test(all)) return
        throw new Error(`so far: ${all}`)
      }),
    exited: async (timeout = 60_000) => {
      let late = false
      const timer = setTimeout(() => {
        late = true
        signalGroup('SIGKILL')
      }, timeout)
      await child.exited
      clearTimeout(timer)
      // What it wrote last may still be in the pipes. Not for ever: what it left behind may hold them open.
      await Promise.race([Promise.all([stdout, stderr]), Bun.sleep(1000)])
      if (late)
        throw new Error(`${describe(argv)} took more than ${timeout} ms\n${soFar.stderr}${soFar.stdout}`)
      return child.signalCode === null
        ? (child.exitCode ?? -1)
        : 128 + constants.signals[child.signalCode as NodeJS.Signals]
    },
    signal: (name) => child.kill(name),
    signalGroup,
    [Symbol.dispose]: () => signalGroup('SIGKILL'),
  }
}

/** Repeats a check until it no longer throws; after `timeout` milliseconds throws its last error. */
export async function eventually<T>(what: string, timeout: number, check: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + timeout
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`not within ${timeout} ms: ${what}`, { cause: error })
    }
    await Bun.sleep(25)
  }
}

async function collect(stream: ReadableStream<Uint8Array>, use: (chunk: Uint8Array, text: string) => void) {
  const decoder = new TextDecoder()
  for await (const chunk of stream) use(chunk, decoder.decode(chunk, { stream: true }))
}

/** Tests of a runner inside Bun: its own variables must not reach the programs under test. */
function environment(extra: RunOptions['env'] = {}): Record<string, string> {
  const all = { ...process.env, ...extra }
  const kept = Object.entries(all).filter(
    ([name, value]) => value !== undefined && !name.startsWith('VITEST'),
  )
  return Object.fromEntries(kept) as Record<string, string>
}

function describe(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ')
}
