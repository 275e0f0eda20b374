/** `login` and `logout`: names and passwords for registries, tried before they are kept. */

import { readFileSync } from 'node:fs'
import type { Context } from '../cli/context.ts'
import { SampanError, usage } from '../errors.ts'
import { dockerHub, parseReference } from '../oci/reference.ts'
import { readLine, readSecret } from '../platform/libc/prompt.ts'
import { isTerminal } from '../platform/libc/terminal.ts'
import type { Access } from '../platform/registry/access.ts'
import { keyFor } from '../platform/registry/auth-file.ts'
import {
  type Credentials,
  credentialsFor,
  forgetCredentials,
  keepCredentials,
  knownRegistries,
} from '../platform/registry/credentials.ts'
import { SecretStore } from '../secrets/store.ts'
import { customOf, environmentWith, openRegistry } from './registry-access.ts'

export interface LoginInput {
  readonly operands: readonly string[]
  readonly options: Omit<Access, 'creds'> & {
    readonly 'get-login': boolean
    readonly password: string | undefined
    readonly 'password-stdin': boolean
    readonly secret: string | undefined
    readonly username: string | undefined
    readonly verbose: boolean
  }
}

/** Asks for what was not given, tries it at the registry, and keeps it. */
export async function login(input: LoginInput, context: Context): Promise<number> {
  const { options } = input
  const server = parseServer(input.operands[0], context)
  const environment = environmentWith(options.authfile, context)
  const custom = customOf(context)
  const known = () => credentialsFor(server.registry, environment, { ...server, custom })
  if (options['get-login']) return printLogin(known(), server.name, context)
  const given =
    options.username !== undefined ||
    options.password !== undefined ||
    options['password-stdin'] ||
    options.secret !== undefined
  const before = given ? undefined : known()
  if (before !== undefined && (await accepted(server, before, input, context))) {
    context.out.note(`Already logged in to ${server.name} as ${before.username}`)
    context.out.write('Login Succeeded\n')
    return 0
  }
  const credentials = askFor(input, before?.username, context)
  if (!(await accepted(server, credentials, input, context))) {
    throw new SampanError(`login to ${server.name} failed: unauthorized: incorrect username or password`, {
      hint:
        server.registry === dockerHub
          ? 'with two-factor authentication, Docker Hub wants an access token as the password'
          : 'some registries want a token made on their web page as the password',
      kind: 'registry',
    })
  }
  const path = keepCredentials(server.name, credentials, environment, custom)
  if (path !== undefined && options.verbose) context.out.write(`Used: ${path}\n`)
  if (path !== undefined && context.dialect !== 'podman') {
    context.out.note(`WARNING: the password is kept unencrypted in ${path}, which only you can read`)
    context.out.note('A credential helper (credsStore in that file) keeps it in a keyring instead.')
  }
  context.out.write(context.dialect === 'podman' ? 'Login Succeeded!\n' : 'Login Succeeded\n')
  return 0
}

export interface LogoutInput {
  readonly operands: readonly string[]
  readonly options: { readonly all: boolean; readonly authfile: string | undefined }
}

export function logout({ operands, options }: LogoutInput, context: Context): number {
  const environment = environmentWith(options.authfile, context)
  const custom = customOf(context)
  if (options.all) {
    if (operands.length > 0) throw usage('--all takes no registry')
    for (const name of knownRegistries(environment, custom)) forgetCredentials(name, environment, custom)
    context.out.write('Removed login credentials for all registries\n')
    return 0
  }
  const { name } = parseServer(operands[0], context)
  if (forgetCredentials(name, environment, custom)) {
    context.out.write(`Removing login credentials for ${keyFor(name, custom)}\n`)
    return 0
  }
  if (context.dialect === 'podman') throw new SampanError(`not logged into ${name}`)
  context.out.note(`Not logged in to ${name}`)
  return 0
}

interface Server {
  /** The registry, or podman's part of one: `quay.io/team`. */
  readonly name: string
  readonly registry: string
  readonly repository: string
}

/** @throws SampanError (usage) for what is no address of a registry, and for one with a password in it */
function parseServer(text: string | undefined, { dialect }: Context): Server {
  const bare = (text ?? dockerHub).replace(/^[a-z]+:\/\//i, '').replace(/\/+$/, '')
  if (bare.includes('@')) {
    throw usage(
      'the address of a registry must not have a name or password in it',
      'give them with -u NAME and --password-stdin: other users can read command lines',
    )
  }
  const [host = '', ...path] = bare.split('/')
  const { registry } = parseReference(`${host === '' ? '?' : host}/x`)
  if (registry === dockerHub && !/docker/.test(host)) {
    throw usage(`"${host}" is no registry`, 'a registry has a dot or a port in its name, or is localhost')
  }
  // As docker, we log in to a whole registry: `https://index.docker.io/v1/` is one.
  const repository = dialect === 'podman' ? path.join('/') : ''
  return { name: repository === '' ? registry : `${registry}/${repository}`, registry, repository }
}

async function accepted(
  server: Server,
  credentials: Credentials,
  { options }: LoginInput,
  context: Context,
): Promise<boolean> {
  using client = await openRegistry(server, options, context, credentials)
  return await client.accepts()
}

function askFor({ options }: LoginInput, last: string | undefined, context: Context): Credentials {
  const fromInput = options['password-stdin']
  if (options.secret !== undefined && (fromInput || options.password !== undefined)) {
    throw usage('--secret, --password and --password-stdin are mutually exclusive')
  }
  if (fromInput && options.password !== undefined) {
    throw usage('--password and --password-stdin are mutually exclusive')
  }
  if (fromInput && !options.username) throw usage('Must provide --username with --password-stdin')
  if (options.password !== undefined) {
    context.out.note('WARNING! Using --password via the CLI is insecure. Use --password-stdin.')
  }
  const username = options.username || askName(last, context)
  if (username.includes(':')) throw usage('a name with a colon in it cannot be used with registries')
  const password =
    options.password ??
    passwordOf(options.secret, context) ??
    (fromInput ? passwordFromInput() : askPassword(context))
  if (password === '') throw new SampanError('password is empty')
  return { username, password }
}

function passwordOf(secret: string | undefined, { directories }: Context): string | undefined {
  if (secret === undefined) return undefined
  const store = new SecretStore(directories)
  return store
    .dataOf(store.find(secret))
    .toString()
    .replace(/\r?\n$/, '')
}

function passwordFromInput(): string {
  return readFileSync(0, 'utf8').replace(/\r?\n$/, '')
}

function askName(last: string | undefined, context: Context): string {
  needTerminal()
  context.out.write(last ? `Username (${last}): ` : 'Username: ')
  const typed = readLine(0)?.trim() || last
  if (typed) return typed
  throw new SampanError('username is empty')
}

function askPassword(context: Context): string {
  needTerminal()
  context.out.write('Password: ')
  const typed = readSecret(0)
  context.out.write('\n')
  if (typed === undefined) throw new SampanError('no password was given', { exitCode: 130 })
  return typed
}

function needTerminal(): void {
  if (isTerminal(0)) return
  throw new SampanError('Cannot perform an interactive login from a non TTY device', {
    hint: 'in scripts: echo "$PASSWORD" | sampan login -u NAME --password-stdin REGISTRY',
  })
}

function printLogin(known: Credentials | undefined, name: string, context: Context): number {
  if (known === undefined) throw new SampanError(`not logged into ${name}`)
  context.out.write(`${known.username}\n`)
  return 0
}
