/** The part of a CreateRequest that is about the program: its words, variables, user, streams. */
import type { Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import type { ProcessRequest } from '../containers/request.ts'
import { mergeEnvironment, parseEnvironment } from '../containers/values/environment.ts'
import { proxyVariables } from '../containers/values/proxies.ts'
import { parseUlimits } from '../containers/values/ulimit.ts'
import { usage } from '../errors.ts'
import type { createOptions } from './create-options.ts'

type CreateValues = Values<typeof createOptions>
type Stream = ProcessRequest['attach'][number]

export function processRequest(
  options: CreateValues,
  command: readonly string[],
  foreground: boolean,
  context: Context,
): ProcessRequest {
  const { workdir, umask } = options
  if (workdir !== undefined && !workdir.startsWith('/')) {
    throw usage(`the working directory '${workdir}' is invalid, it needs to be an absolute path`)
  }
  if (umask !== undefined && !/^0?[0-7]{1,3}$/.test(umask))
    throw usage(`invalid --umask: ${umask}`, 'octal, e.g. 0027')
  const oomScoreAdj = options['oom-score-adj'] ?? 0
  if (oomScoreAdj < -1000 || oomScoreAdj > 1000) {
    throw usage(`Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`)
  }
  const own = context.environment
  const host = options['env-host']
    ? mergeEnvironment(
        [],
        Object.entries(own).map(([key, value]) => `${key}=${value}`),
      )
    : []
  return {
    entrypoint: entrypointOf(options.entrypoint),
    command,
    environment: [
      ...host,
      ...proxyVariables(options['http-proxy'] ?? (context.dialect === 'podman' || undefined), own),
      ...options.unsetenv,
      ...parseEnvironment(options.env, options['env-file'], own),
    ],
    merged: options['env-merge'],
    unsetAll: options['unsetenv-all'],
    directory: workdir,
    user: options.user,
    groupAdd: options['group-add'],
    accounts: {
      wanted: options.passwd ?? true,
      passwdEntry: options['passwd-entry'],
      groupEntry: options['group-entry'],
    },
    terminal: options.tty,
    stdin: options.interactive,
    attach: streams(options.attach, foreground, options.interactive),
    ulimits: parseUlimits(options.ulimit, (line) => context.out.note(line)),
    umask: umask === undefined ? null : Number.parseInt(umask, 8),
    oomScoreAdj,
  }
}

/** One program, or (as podman) a JSON list of words. */
function entrypointOf(given: string | undefined): readonly string[] | undefined {
  if (given === undefined) return undefined
  if (given.startsWith('[')) {
    try {
      const words: unknown = JSON.parse(given)
      if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words
    } catch {
      // `[` is also the name of a program.
    }
  }
  return given === '' ? [] : [given]
}

function streams(given: readonly string[], foreground: boolean, stdin: boolean): Stream[] {
  const words = given.map((word) => word.toLowerCase())
  for (const word of words) {
    if (word !== 'stdin' && word !== 'stdout' && word !== 'stderr') {
      throw usage(
        `invalid argument "${word}" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR`,
      )
    }
  }
  if (words.length > 0) return words as Stream[]
  return foreground ? [...(stdin ? (['stdin'] as const) : []), 'stdout', 'stderr'] : []
}
