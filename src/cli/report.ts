/** How an error reaches the person: what went wrong, then what to try next, on standard error. */
import { errnoOf, SampanError } from '../errors.ts'
import type { Dialect } from './context.ts'

interface Reporter {
  readonly debug: boolean
  readonly out: { note(line: string): void }
}

/**
 * Prints `Error: …` and the hint on a line of its own. An error nobody foresaw says that it is a bug.
 * @param title the command as typed (`sampan run`), for "See 'sampan run --help'." after usage errors
 */
export function reportError(error: unknown, { out, debug }: Reporter, title?: string): void {
  const known = error instanceof SampanError ? error : systemError(error)
  if (known !== undefined) {
    out.note(`Error: ${known.message}`)
    if (known.hint !== undefined) out.note(known.hint)
    if (known.kind === 'usage' && title !== undefined && !known.hint?.includes('--help')) {
      out.note(`See '${title} --help'.`)
    }
  } else {
    out.note(`Error: ${error instanceof Error ? error.message : String(error)}`)
    out.note('This is a bug in sampan. Please report it, with what SAMPAN_DEBUG=1 adds to this message.')
  }
  if (debug) printCauses(error, out)
}

/** A full disk or a folder that may not be written can happen to any command: the person's to solve, not a bug. */
const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room (`sampan rmi` removes images), or keep the data on another disk with --root DIR',
  EDQUOT: 'Your disk quota is used up: make room, or keep the data elsewhere with --root DIR',
  EROFS: 'The file system is read-only: keep the data elsewhere with --root DIR',
  EACCES: 'Check who owns it and its permissions, or keep the data elsewhere with --root DIR',
  EPERM: 'Check who owns it and its permissions, or keep the data elsewhere with --root DIR',
  ENOTDIR: 'A file is where a folder must be: choose another place with --root DIR',
  EMFILE: 'Too many files are open: raise the limit with `ulimit -n`',
  ENFILE: 'The whole machine has too many files open',
  ENOMEM: 'The machine is out of memory',
  EFBIG: 'Files are not allowed to become that large: raise the limit with `ulimit -f`',
  EIO: 'The disk could not do it: the kernel log has more (`dmesg`)',
  ENOEXEC: 'The unpacked program is damaged: remove its folder, and it is unpacked again',
  ENAMETOOLONG: 'Choose a shorter path with --root DIR',
}

function systemError(error: unknown): SampanError | undefined {
  const code = errnoOf(error)
  const hint = code === undefined ? undefined : SYSTEM_HINTS[code]
  if (hint === undefined) return undefined
  // Node's text is "ENOSPC: no space left on device, write '/path'": the code is of no use to a person.
  return new SampanError((error as Error).message.replace(/^[A-Z0-9]+: /, ''), { hint, cause: error })
}

function printCauses(error: unknown, out: Reporter['out']): void {
  for (let cause = error; cause instanceof Error; cause = cause.cause) out.note(cause.stack ?? String(cause))
}

/**
 * The exit code of a command that failed.
 * @param failure the command's own code for errors that carry none
 * @param title the command as typed: podman's removals have codes of their own
 */
export function exitCodeOf(error: unknown, failure: number, dialect: Dialect, title = ''): number {
  const known = error instanceof SampanError ? error : undefined
  const code = known?.exitCode ?? failure
  return dialect === 'podman' && code === 1 ? podmanCode(known, title) : code
}

/** podman-rm(1), podman-rmi(1): 1 for what is not there, 2 for what is in use; 125 for every other failure. */
function podmanCode(error: SampanError | undefined, title: string): number {
  if (!/ (rm|rmi|remove)$/.test(title)) return 125
  if (error?.kind === 'conflict') return 2
  return error?.kind === 'no-such-container' || error?.kind === 'no-such-image' ? 1 : 125
}
