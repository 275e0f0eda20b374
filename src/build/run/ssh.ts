/** `--ssh` and `RUN --mount=type=ssh`: an agent of the person's, or one of our own with keys from files. */
import { join } from 'node:path'
import { SampanError } from '../../errors.ts'
import { temporaryName } from '../../platform/files/names.ts'
import { startJob } from '../../platform/helper/inside.ts'
import type { Directories } from '../../platform/host/directories.ts'
import type { MountRecord } from '../../volumes/mounts.ts'
import type { SshMount } from '../dockerfile/mount-types.ts'
import type { Workshop } from '../workshop.ts'
import { bindRecord } from './bind-mount.ts'

/** The socket of an agent, or files of private keys. */
export type SshSource = { readonly socket: string } | { readonly keys: readonly string[] }

/**
 * Sockets by id, for as long as `held` is.
 * @throws SampanError for a key that cannot be read or needs a passphrase
 */
export async function openAgents(
  sources: ReadonlyMap<string, SshSource>,
  directories: Directories,
  held: DisposableStack,
): Promise<Map<string, string>> {
  const sockets = new Map<string, string>()
  for (const [id, source] of sources) {
    if ('socket' in source) {
      sockets.set(id, source.socket)
      continue
    }
    const [{ serveKeys }, { readSshKey }] = await Promise.all([
      import('../../platform/ssh/agent.ts'),
      import('../../platform/ssh/keys.ts'),
    ])
    const agent = held.use(await serveKeys(newSocket(directories), source.keys.map(readSshKey)))
    sockets.set(id, agent.path)
  }
  return sockets
}

/** What a step with such a mount gets; nothing where there is no agent and none is required. */
export async function sshAgent(
  { id, required, mode, uid, gid }: SshMount,
  destination: string,
  { ssh, store: { directories } }: Workshop,
  made: DisposableStack,
): Promise<{ readonly mount?: MountRecord; readonly variable?: string }> {
  const socket = ssh.get(id)
  if (socket === undefined) {
    if (!required) return {}
    throw new SampanError(`ssh ${id}: no agent was given`, { hint: `give it: --ssh ${id}` })
  }
  const variable = `SSH_AUTH_SOCK=${destination}`
  if (uid === 0 && gid === 0 && mode === 0o600) {
    return { mount: bindRecord(socket, destination, false), variable }
  }
  // An agent answers its own user and root alone, and the file of its socket stays as it is.
  const { forwardAgent } = await import('../../platform/ssh/agent.ts')
  const { path } = made.use(await forwardAgent(newSocket(directories), socket))
  await startJob(directories, 'own', [path, String(mode), String(uid), String(gid)]).output
  return { mount: bindRecord(path, destination, false), variable }
}

function newSocket(directories: Directories): string {
  return join(temporaryName(join(directories.runtime, 'ssh')), 'agent')
}
