/** Work that must run inside the user's namespace, where the ids of layers and containers are ours to change. */
import { join } from 'node:path'
import { SampanError } from '../../errors.ts'
import type { Directories } from '../host/directories.ts'
import { helperPath, packed } from './embedded.ts'
import { failureFrom } from './events.ts'

/** argv prefix that runs this program again: the executable, or the runtime and main.ts from source. */
export function self(): string[] {
  return packed ? [process.execPath] : [process.execPath, join(import.meta.dirname, '../../main.ts')]
}

export interface JobOptions {
  /** A mount namespace of its own: the job may mount and chroot, nobody else sees it. */
  readonly mounts?: boolean
  /** A container that does not run, mounted as at a start on its `merged`: nobody else sees that. */
  readonly bundle?: string
  /** A running container whose user namespace is the job's: it may have one of its own. */
  readonly user?: string
  /** 'pipe' gives `Job.stdin`; a number is a descriptor to read from. Default: nothing to read. */
  readonly stdin?: 'pipe' | 'ignore' | number
  /** A descriptor that the job finds as 3. */
  readonly file?: number
}

/** One of our own jobs (`sampan __job NAME ARGS…`), running inside the user namespace. */
export interface Job {
  /** Where to write; there only with `stdin: 'pipe'`. `write` and `flush` return a promise while the pipe is full: wait for it. */
  readonly stdin: Bun.FileSink
  /** All it printed. Rejects with a SampanError when it failed. */
  readonly output: Promise<string>
  /** Ends it; `output` then rejects. */
  kill(): void
}

/**
 * A job lives for a second or less and leaves its hard work to native code: the optimising compiler takes more time
 * than it gives back (pulling five layers of 2,000 files each: 1.5 s of user CPU instead of 1.8; 60,000 files in one layer:
 * 0.1 s more). And it works on a stream: a heap that grows as if it had the whole machine holds nothing but what is dead.
 *
 * Its large buffers come and go; the allocator would give each back to the kernel within 10 ms and have it zeroed again:
 * inflating and hashing 1 GiB then takes 1.5 s of system time and 175,000 page faults, so 0.2 s and 8,000, for 4 MB more.
 */
function jobEnvironment(): Record<string, string | undefined> {
  return {
    ...process.env,
    BUN_JSC_useDFGJIT: '0',
    BUN_JSC_forceRAMSize: '32000000',
    MIMALLOC_PURGE_DELAY: '-1',
  }
}

/** Starts a job. The process ends with ours: the helper sets a parent-death signal. */
export function startJob(
  directories: Directories,
  name: string,
  args: readonly string[],
  options: JobOptions = {},
): Job {
  const stdin = options.stdin ?? 'ignore'
  const child = Bun.spawn(jobCommand(directories, name, args, options), {
    stdio: [stdin, 'pipe', 'pipe', ...(options.file === undefined ? [] : [options.file])],
    env: jobEnvironment(),
  })
  const output = (async () => {
    const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
    if (status !== 0) throw ofCommand(failureFrom(name, err, child.signalCode ?? status))
    return out
  })()
  return { stdin: child.stdin as unknown as Bun.FileSink, output, kill: () => child.kill() }
}

/** A job that writes an archive instead of a result. */
export interface Writer {
  /** What it writes; there only with `stdout: 'pipe'`. Ends when the job ends, however it does: ask `done`. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Rejects with a SampanError when the job failed: what it wrote is not whole then. */
  readonly done: Promise<void>
  kill(): void
}

/** Starts a job that writes to a descriptor of ours, or to us. */
export function startWriter(
  directories: Directories,
  name: string,
  args: readonly string[],
  stdout: 'pipe' | number,
  options: Pick<JobOptions, 'bundle' | 'user'> = {},
): Writer {
  const child = Bun.spawn(jobCommand(directories, name, args, options), {
    stdin: 'ignore',
    stdout,
    stderr: 'pipe',
    env: jobEnvironment(),
  })
  const done = (async () => {
    const [err, status] = await Promise.all([child.stderr.text(), child.exited])
    if (status !== 0) throw ofCommand(failureFrom(name, err, child.signalCode ?? status))
  })()
  // Whoever reads to the end meets the failure then; until then it must not count as unhandled.
  done.catch(() => undefined)
  return { chunks: child.stdout as unknown as AsyncIterable<Uint8Array>, done, kill: () => child.kill() }
}

/** Runs a job to its end and returns what it printed. Blocks this thread. */
export function runJob(
  directories: Directories,
  name: string,
  args: readonly string[],
  options: JobOptions & { readonly stdin?: 'ignore' | number } = {},
): string {
  return finish(name, jobCommand(directories, name, args, options), options.stdin)
}

/** Mounts a container that does not run as a start would, and has the helper read its bundle. Throws what fails of it. */
export function tryBundle(directories: Directories, folder: string): void {
  const check = [helperPath(directories), 'check-spec', '--bundle', folder]
  finish('check', [...inside(directories), '--bundle', folder, '--', ...check])
}

/** `rm -rf` of paths whose files belong to mapped ids. A path that is not there is fine; links are not followed. */
export function removeInside(directories: Directories, paths: readonly string[]): void {
  if (paths.length === 0) return
  finish('remove', [...inside(directories), '--remove', ...paths])
}

/** Sizes of folders: apparent bytes of regular files, hard links counted once, and the number of entries. */
export interface Walked {
  readonly path: string
  readonly bytes: number
  readonly entries: number
}

export function walkInside(directories: Directories, paths: readonly string[]): Walked[] {
  if (paths.length === 0) return []
  const output = finish('walk', [...inside(directories), '--walk', ...paths])
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Walked)
}

function inside(directories: Directories): string[] {
  return [helperPath(directories), 'inside', '--runtime', directories.runtime]
}

function jobCommand(
  directories: Directories,
  name: string,
  args: readonly string[],
  options: JobOptions,
): string[] {
  const mounts = [
    ...(options.mounts === true ? ['--mounts'] : []),
    ...(options.bundle === undefined ? [] : ['--bundle', options.bundle]),
    ...(options.user === undefined ? [] : ['--user', options.user]),
  ]
  return [...inside(directories), ...mounts, '--', ...self(), '__job', name, ...args]
}

function finish(what: string, argv: string[], stdin: 'ignore' | number = 'ignore'): string {
  const child = Bun.spawnSync(argv, { stdio: [stdin, 'pipe', 'pipe'], env: process.env })
  if (child.exitCode !== 0)
    throw ofCommand(failureFrom(what, child.stderr.toString(), child.signalCode ?? child.exitCode))
  return child.stdout.toString()
}

/** A job's exit code is between it and us: the command that needed it fails with its own. */
function ofCommand({ message, hint, kind, cause }: SampanError): SampanError {
  return new SampanError(message, {
    cause,
    ...(hint === undefined ? {} : { hint }),
    ...(kind === undefined ? {} : { kind }),
  })
}
