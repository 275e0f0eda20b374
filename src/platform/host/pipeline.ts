/** Two programs, the first one's output the second one's input. */
import { SampanError } from '../../errors.ts'

export interface Piped {
  /** 0 when both succeeded; else that of the one that failed, the first before the second. */
  readonly code: number
  /** What the second one printed. */
  readonly output: string
  /** Standard error of the one that failed. */
  readonly errors: string
}

/**
 * Runs both to their ends. The first one's standard input is ours, so that it may ask for a password.
 * @throws SampanError for a program that is not installed
 */
export async function connect(first: readonly string[], second: readonly string[]): Promise<Piped> {
  const source = spawn(first, 'inherit')
  const sink = (() => {
    try {
      return spawn(second, source.stdout)
    } catch (error) {
      source.kill()
      throw error
    }
  })()
  const [said, complained, output, complaint] = await Promise.all([
    source.exited,
    source.stderr.text(),
    sink.stdout.text(),
    sink.stderr.text(),
  ])
  const code = await sink.exited
  if (said !== 0 && !isBrokenPipe(complained, code)) return { code: said, output, errors: complained }
  return { code, output, errors: complaint }
}

/** The first one fails because the second did: the second one's words count. */
function isBrokenPipe(errors: string, other: number): boolean {
  return other !== 0 && /[Bb]roken pipe/.test(errors)
}

function spawn(argv: readonly string[], stdin: 'inherit' | ReadableStream<Uint8Array>) {
  try {
    return Bun.spawn([...argv], { stdin, stdout: 'pipe', stderr: 'pipe' })
  } catch (cause) {
    throw new SampanError(`cannot start ${argv[0]}`, { hint: `is ${argv[0]} installed?`, cause })
  }
}
