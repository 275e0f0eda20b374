/** A folder of a git repository, fetched by the host's git into a folder of ours. */
import { spawn } from 'node:child_process'
import { mkdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { gitAuthorization, type SourceSecrets } from './authorization.ts'
import type { Fetching } from './types.ts'
import type { GitAddress } from './words.ts'

export interface GitOptions extends Fetching {
  /** A new folder for it. */
  readonly into: string
  /** Leaves `.git` in it. */
  readonly keepGitDir: boolean
}

/**
 * Fetches one commit, with its submodules. Returns the folder asked for, inside `into`, and the commit.
 * @throws SampanError where there is no git, no such reference or folder, or the commit is another than `checksum`
 */
export async function fetchGit(
  address: GitAddress,
  options: GitOptions,
): Promise<{ readonly folder: string; readonly commit: string }> {
  const { into, keepGitDir, secrets, sshAgent } = options
  const variables = {
    ...(secrets === undefined ? {} : authorized(address.url, secrets)),
    ...(sshAgent === undefined ? {} : { SSH_AUTH_SOCK: sshAgent }),
  }
  mkdirSync(into, { recursive: true, mode: 0o700 })
  const git = (...args: string[]) => run(args, into, variables, options.signal)
  try {
    await git('init', '-q', '--template=')
    await git('remote', 'add', 'origin', address.url)
    await fetchReference(git, address.ref ?? 'HEAD')
    await git('checkout', '-q', 'FETCH_HEAD')
    await git('submodule', '--quiet', 'update', '--init', '--recursive', '--depth=1')
    const commit = (await git('rev-parse', 'HEAD')).trim()
    check(address, commit)
    const folder = folderIn(into, address)
    if (!keepGitDir) rmSync(join(into, '.git'), { recursive: true, force: true })
    return { folder, commit }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!(error instanceof SampanError)) throw error
    throw new SampanError(`git ${address.url}: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
}

/** One commit is enough; a commit by its number may need more, where the server gives away only what has a name. */
async function fetchReference(git: (...args: string[]) => Promise<string>, ref: string): Promise<void> {
  try {
    await git('fetch', '-q', '--depth=1', '--no-tags', 'origin', '--', ref)
  } catch (error) {
    if (!/^[0-9a-f]{4,40}$/.test(ref)) {
      // Plain web servers give away whole histories only.
      if (!String(error).includes('does not support shallow')) throw error
      await git('fetch', '-q', '--no-tags', 'origin', '--', ref)
      return
    }
    await git('fetch', '-q', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*')
    const commit = (await git('rev-parse', '--verify', '-q', `${ref}^{commit}`)).trim()
    await git('update-ref', 'FETCH_HEAD', commit)
  }
}

function check({ checksum }: GitAddress, commit: string): void {
  if (checksum === undefined || commit.startsWith(checksum)) return
  throw new SampanError(`expected commit ${checksum} and got ${commit}`)
}

/** A link in the repository cannot lead out of it. */
function folderIn(into: string, { folder }: GitAddress): string {
  const root = realpathSync(into)
  try {
    const path = realpathSync(join(root, folder))
    if ((path === root || path.startsWith(`${root}/`)) && statSync(path).isDirectory()) return path
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error
  }
  throw new SampanError(`there is no folder ${JSON.stringify(folder)} in it`)
}

/** Through a shell for its umask: modes of files must not depend on who builds. */
const withMask = ['-c', 'umask 022; exec git "$@"', 'git']
const settings = ['-c', 'advice.detachedHead=false', '-c', 'core.hooksPath=/dev/null']
const NOT_FOUND = 127

/** By the environment: a command line can be read by everybody. For this repository alone, not for its submodules. */
function authorized(url: string, secrets: SourceSecrets): Readonly<Record<string, string>> {
  const authorization = gitAuthorization(url, secrets)
  if (authorization === undefined) return {}
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${url}.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
  }
}

function run(
  args: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const child = spawn('/bin/sh', [...withMask, ...settings, ...args], {
    cwd,
    env: { ...process.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  })
  return new Promise((resolve, reject) => {
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk) => {
      out += String(chunk)
    })
    child.stderr.on('data', (chunk) => {
      err += String(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(out)
      else if (code === NOT_FOUND) reject(noGit())
      else reject(new SampanError(complaint(err) ?? `git ${args[0]} ended with status ${code}`))
    })
  })
}

/** Advice may come after what went wrong. */
function complaint(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.find((line) => line.startsWith('fatal: ')) ?? lines.at(-1)
}

function noGit(): SampanError {
  return new SampanError('this machine has no git', {
    hint: 'sudo apt-get install git, or clone it elsewhere and build the folder',
  })
}
