/**
 * The oracle for "nothing is left behind". It asks the kernel, not the tool: which processes have anything to do with
 * this user's folders (by command line, environment, open program, working folder, or a mount of theirs), which
 * mounts of ours does the host see, and which files are there that docs/on-disk.md says must be gone.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** What the oracle needs to know of a user: the folders that mark everything of theirs. */
export interface Marked {
  readonly folder: string
  readonly root: string
  readonly runtime: string
}

export interface ProcessFound {
  readonly pid: number
  readonly command: string
  readonly why: string
}

/**
 * One line for each thing left, empty when all is well. Waits up to `patience` milliseconds (3,000) for processes
 * that are just ending. The keeper is no leak: it ends by itself 5 s after its last lease, and its network with it, which
 * is checked once, after all tests.
 */
export async function leftovers(user: Marked, patience = 3000): Promise<string[]> {
  const deadline = performance.now() + patience
  for (;;) {
    const processes = processesOf([user.folder, user.runtime]).filter((found) => !isKeepers(found))
    const left = [
      ...processes.map(({ pid, command, why }) => `process ${pid} (${why}): ${command}`),
      ...hostMounts([user.folder, user.runtime]),
      ...filesLeft(user),
    ]
    if (left.length === 0 || performance.now() > deadline) return left
    await Bun.sleep(50)
  }
}

/** The keeper itself, and what it has below it for its bridges: the net keeper, and their way out. */
function isKeepers({ pid, command }: ProcessFound): boolean {
  if (isKeeper(command)) return true
  for (let parent = parentOf(pid); parent > 1; parent = parentOf(parent))
    if (isKeeper(commandOf(String(parent)))) return /net-keeper|slirp4netns|pasta/.test(command)
  return false
}

function isKeeper(command: string): boolean {
  return / keep( |$)/.test(command) && command.includes('--runtime')
}

/** Processes of the tests themselves that hold a user's folders on purpose. */
export const holders = new Set<number>()

/** Live processes that have to do with one of the folders. This process and its parents are not counted. */
export function processesOf(folders: readonly string[]): ProcessFound[] {
  const own = ancestors()
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && !own.has(Number(name)) && !holders.has(Number(name)))
    .flatMap((name) => {
      const why = reason(Number(name), folders)
      return why === undefined ? [] : [{ pid: Number(name), command: commandOf(name), why }]
    })
}

function reason(pid: number, folders: readonly string[]): string | undefined {
  const path = `/proc/${pid}`
  // A zombie holds nothing; on some machines pid 1 reaps only every few seconds.
  if (/^State:\s+[ZX]/m.test(text(`${path}/status`))) return undefined
  const marked = (content: string) => folders.some((folder) => content.includes(folder))
  if (marked(text(`${path}/cmdline`))) return 'command line'
  if (marked(text(`${path}/environ`))) return 'environment'
  if (marked(link(`${path}/exe`))) return 'program'
  if (marked(link(`${path}/cwd`))) return 'working folder'
  if (marked(text(`${path}/mountinfo`))) return 'mount'
  return undefined
}

/** Mounts of ours in the host's own namespace: there must never be one. */
function hostMounts(folders: readonly string[]): string[] {
  return text('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => folders.some((folder) => line.includes(folder)))
    .map((line) => `mount ${line}`)
}

/** Files that go with the last container, and unfinished work. Images may stay. */
function filesLeft(user: Marked): string[] {
  const none = (path: string, allowed: RegExp) =>
    list(path)
      .filter((name) => !allowed.test(name))
      .map((name) => `file ${join(path, name)}`)
  return [
    ...none(join(user.root, 'containers'), /^$/),
    ...none(join(user.root, 'names'), /^$/),
    ...none(join(user.root, 'layers'), /^[0-9a-f]{64}(\.lock)?$/),
    ...none(join(user.runtime, 'sampan/c'), /^$/),
    ...none(join(user.runtime, 'sampan/oci-runtime'), /^$/),
    ...none(join(user.runtime, 'sampan'), /^(c|oci-runtime|keeper\.sock|keeper\.lock)$/),
  ]
}

function ancestors(): Set<number> {
  const found = new Set<number>()
  for (let pid = process.pid; pid > 1; pid = parentOf(pid)) found.add(pid)
  return found
}

function parentOf(pid: number): number {
  const stat = text(`/proc/${pid}/stat`)
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 1)
}

function commandOf(pid: string): string {
  return text(`/proc/${pid}/cmdline`).split('\0').join(' ').trim()
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function list(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : []
}
