import { closeSync, openSync, writeSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { BuildFailure, type StepFailure } from '../build/failure.ts'
import { canceled } from '../build/progress.ts'
import { command, type Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { SampanError } from '../errors.ts'
import { formatPlatform } from '../oci/platform.ts'
import { familiarName } from '../oci/reference.ts'
import { offerRetry, type Retry } from '../operations/build/failed.ts'
import { type BuildRequest, build } from '../operations/build.ts'
import { type BuildRecord, keepBuild } from '../operations/build-history.ts'
import { warningLines } from '../output/build/describe.ts'
import { failureLines } from '../output/build/failure.ts'
import { openBuildProgress } from '../output/build/open.ts'
import { type Recorded, recordProgress } from '../output/build/recorded.ts'
import { callOf, describe } from './build-call.ts'
import { buildOptions } from './build-options.ts'
import { buildRequest, progressMode } from './build-request.ts'
import { debugShell } from './debug-shell.ts'

export default command({
  names: [['build'], ['builder', 'build'], ['buildx', 'build'], ['image', 'build']],
  summary: 'Build an image from a Dockerfile',
  operands: 'PATH|URL|-',
  arity: [0, 1],
  complete: 'directories',
  examples: ['-t web:1.0 .', '-f Dockerfile.dev --target test .', '--build-arg VERSION=2 -t app .'],
  options: buildOptions,
  run: async ({ options, operands }, own) => {
    using log = options.logfile === undefined ? undefined : openLog(options.logfile, own)
    const context = log?.context ?? own
    const mode = progressMode(options, context)
    const request = buildRequest(options, operands, context)
    const call = callOf(options)
    if (call !== undefined) return await describe(call, request, context)
    const recorded = recordProgress(
      openBuildProgress(context, log !== undefined && mode === 'auto' ? 'plain' : mode),
    )
    const { progress } = recorded
    const keep = keeping(request, options, recorded, context)
    try {
      const { image, warnings } = await build(request, progress, context)
      await progress.end()
      keep({ status: 'Completed', image: image.id, error: undefined })
      if (!options.quiet) for (const line of warningLines(warnings)) context.out.note(line)
      const taken = request.outputs.some((output) => 'path' in output && output.path === '-')
      if (!taken) printId(image.id, mode, context)
      return 0
    } catch (error) {
      await progress.end()
      keep(endOf(error))
      if (!(error instanceof BuildFailure)) throw error
      await afterFailure(error, options, context)
      const { step } = error
      if (step !== undefined && mode === 'classic') throw classicFailure(step)
      // podman build ends as the program did.
      if (step === undefined || context.dialect !== 'podman') throw error
      throw new SampanError(error.message, { cause: error, exitCode: step.code })
    }
  },
})

/** `--logfile`: all that is said goes there, and standard output keeps the result. */
function openLog(path: string, context: Context): { readonly context: Context } & Disposable {
  const fd = openSync(path, 'a')
  const note = (line: string) => void writeSync(fd, `${line}\n`)
  return { context: { ...context, out: { ...context.out, note } }, [Symbol.dispose]: () => closeSync(fd) }
}

type End = Pick<BuildRecord, 'status' | 'image' | 'error'>

/** Remembers the build for `buildx history`, from now on, when it has ended. */
function keeping(
  request: BuildRequest,
  options: Pick<Values<typeof buildOptions>, 'build-arg'>,
  recorded: Recorded,
  context: Context,
): (end: End) => void {
  const { context: words, file, target, platforms } = request
  const started = new Date()
  const place = words === '-' || words.includes('://') ? words : resolve(words)
  return (end) =>
    keepBuild(
      {
        ...end,
        name:
          request.buildArgs.get('BUILDKIT_BUILD_NAME') ??
          (target === undefined ? basename(place) : `${basename(place)} (${target})`),
        context: place,
        dockerfile: file ?? 'Dockerfile',
        target,
        platforms: platforms.map(formatPlatform),
        // Values may be secret.
        buildArgs: options['build-arg'].map((word) => word.replace(/=.*/s, '')),
        tags: request.names.map(familiarName),
        started: started.toISOString(),
        duration: Date.now() - started.getTime(),
        ...recorded.counts(),
      },
      recorded.log(),
      context,
    )
}

function endOf(error: unknown): End {
  const message = error instanceof Error ? error.message : String(error)
  const status = message === canceled ? 'Canceled' : 'Error'
  return { status, image: undefined, error: message.split('\n', 1)[0] }
}

/** Docker prints it with -q, podman at the end of every build and without the name of the digest. */
function printId(id: string, mode: string, { dialect, out }: Context): void {
  if (dialect === 'podman') out.write(`${id.replace(/^sha256:/, '')}\n`)
  else if (mode === 'quiet') out.write(`${id}\n`)
}

async function afterFailure(
  failure: BuildFailure,
  options: Pick<Values<typeof buildOptions>, 'debug-shell' | 'progress' | 'quiet'>,
  context: Context,
): Promise<void> {
  const retry = tryRetry(failure, context)
  for (const line of failureLines(failure, retry)) context.out.note(line)
  if (!options['debug-shell'] || retry?.left === undefined) return
  context.out.note(`Error: ${failure.message}`)
  context.out.note('A shell in what the step left; its changes are lost when it ends.')
  await debugShell(retry.left, failure.step?.args ?? [], context)
}

/** Nothing where the images for it cannot be written: the failure is what counts. */
function tryRetry({ step }: BuildFailure, context: Context): Retry | undefined {
  try {
    return step === undefined ? undefined : offerRetry(step, context)
  } catch {
    return undefined
  }
}

/** Docker's words before BuildKit, which ended as the program did. */
function classicFailure(step: StepFailure): SampanError {
  const message = `The command '${step.words.join(' ')}' returned a non-zero code: ${step.code}`
  return new SampanError(message, { cause: step, exitCode: step.code })
}
