/** What a command line may say about how to reach a registry, for all commands that do. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../cli/context.ts'
import { parseDuration } from '../containers/values/duration.ts'
import { usage } from '../errors.ts'
import type { Reference } from '../oci/reference.ts'
import type { Access } from '../platform/registry/access.ts'
import type { Custom } from '../platform/registry/auth-file.ts'
import type { Credentials } from '../platform/registry/credentials.ts'
import type { Registry } from '../platform/registry/registry.ts'

/** The client is loaded here, by those who need one, and by nobody else. */
export async function openRegistry(
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  options: Access,
  context: Context,
  credentials?: Credentials,
): Promise<Registry> {
  const { Registry } = await import('../platform/registry/registry.ts')
  const { authfile, creds } = options
  await setRetries(options)
  const verify = options['tls-verify']
  const folder = options['cert-dir']
  if (folder !== undefined) mustBeThere(folder, '--cert-dir')
  // `login` makes the file.
  if (authfile !== undefined && credentials === undefined) mustBeThere(authfile, '--authfile')
  return new Registry(registry, context.directories, environmentWith(authfile, context), {
    custom: customOf(context),
    repository,
    ...(credentials === undefined ? {} : { credentials }),
    ...(creds === undefined ? {} : { credentials: parseCredentials(creds) }),
    ...(verify === undefined ? {} : { insecure: !verify }),
    ...(folder === undefined ? {} : { certificates: resolve(folder) }),
  })
}

function mustBeThere(path: string, option: string): void {
  if (!existsSync(path)) throw usage(`${option} ${path}: no such file or directory`)
}

async function setRetries({ retry, 'retry-delay': delay }: Access): Promise<void> {
  if (retry === undefined && delay === undefined) return
  if (retry !== undefined && retry < 0) throw usage('--retry cannot be negative')
  const { retryAsTold } = await import('../platform/registry/retry.ts')
  retryAsTold(retry, delay === undefined ? undefined : parseDuration(delay, '--retry-delay') / 1e6)
}

/**
 * What a person typed, or by the aliases of registries.conf(5) the whole name it stands for there. Only for names
 * without a registry, and only asked when nothing here has the name.
 */
export async function withoutAlias(typed: string, context: Context): Promise<string> {
  if (typed.includes('/')) return typed
  const { expandAlias, readRegistriesConf } = await import('../platform/registry/registries-conf.ts')
  return expandAlias(typed, readRegistriesConf(context.environment, customOf(context))) ?? typed
}

/** Podman reads and writes files of its own first. */
export function customOf({ dialect }: Context): Custom {
  return dialect === 'podman' ? 'podman' : 'docker'
}

/** `--authfile` is containers-auth.json(5)'s REGISTRY_AUTH_FILE for one command. */
export function environmentWith(authfile: string | undefined, context: Context): Context['environment'] {
  return authfile === undefined
    ? context.environment
    : { ...context.environment, REGISTRY_AUTH_FILE: resolve(authfile) }
}

/** `NAME:PASSWORD`; a password may have colons. */
function parseCredentials(text: string): Credentials {
  const colon = text.indexOf(':')
  if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1) }
  throw usage(
    'invalid argument for "--creds" flag: it must be NAME:PASSWORD',
    '`sampan login` asks for the password',
  )
}

/** @throws SampanError (usage) for anything but a number from 1 to 64 */
export function parseJobs(jobs: number | undefined): number | undefined {
  if (jobs === undefined || (jobs >= 1 && jobs <= 64)) return jobs
  throw usage(`invalid argument "${jobs}" for "--jobs" flag: must be from 1 to 64`)
}
