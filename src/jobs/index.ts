/**
 * Work that our own executable does inside the user namespace, started as `sampan __job NAME ARGS…` by the helper's
 * `inside`. A job lives for one piece of work, prints its result as JSON on stdout, and reports a failure as the
 * helper does: one `failed` line on stderr (docs/helper-protocol.md, "Events") and exit code 125.
 */
import { SampanError } from '../errors.ts'

export type Job = (args: readonly string[]) => Promise<unknown> | unknown

const jobs: Readonly<Record<string, () => Promise<{ readonly default: Job }>>> = {
  compare: () => import('./compare.ts'),
  'copy-in': () => import('./copy-in.ts'),
  'copy-layers': () => import('./copy-layers.ts'),
  'copy-out': () => import('./copy-out.ts'),
  'find-sources': () => import('./find-sources.ts'),
  hide: () => import('./hide.ts'),
  'make-folder': () => import('./make-folder.ts'),
  own: () => import('./own.ts'),
  'pack-difference': () => import('./pack-difference.ts'),
  'pack-layer': () => import('./pack-layer.ts'),
  'pack-union': () => import('./pack-union.ts'),
  'seal-layer': () => import('./seal-layer.ts'),
  unpack: () => import('./unpack.ts'),
  'write-copy': () => import('./write-copy.ts'),
}

/** Runs a job and returns the exit code of the process. */
export async function runJob(name: string, args: readonly string[]): Promise<number> {
  try {
    const load = jobs[name]
    if (load === undefined) throw new SampanError(`there is no job ${JSON.stringify(name)}`)
    const { default: job } = await load()
    const result = await job(args)
    // A job without a result has written what it makes to stdout itself.
    if (result !== undefined) process.stdout.write(`${JSON.stringify(result)}\n`)
    return 0
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const hint = error instanceof SampanError ? (error.hint ?? '') : ''
    const on = args.at(-1) ?? ''
    const event = { event: 'failed', step: name, on, errno: 0, error: message, message, hint, exitCode: 125 }
    process.stderr.write(`${JSON.stringify(event)}\n`)
    if (!(error instanceof SampanError) && process.env['SAMPAN_DEBUG']) console.error(error)
    return 125
  }
}
