/** `exec`: one more process in a running container. */
import { join, posix } from 'node:path'
import type { Context } from '../cli/context.ts'
import { capabilitySets } from '../containers/bundle/config.ts'
import { allCapabilities } from '../containers/capabilities.ts'
import { fullEnvironment } from '../containers/environment.ts'
import { containerEvent } from '../containers/events.ts'
import { newId } from '../containers/names.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { secretVariables } from '../containers/secrets.ts'
import { isRunning } from '../containers/state.ts'
import type { Container } from '../containers/store.ts'
import { readFromUnion, type Union } from '../containers/union.ts'
import { resolveUser } from '../containers/users.ts'
import { SampanError } from '../errors.ts'
import { layerFolder } from '../images/layers.ts'
import type { Digest } from '../oci/digest.ts'
import type { Process } from '../oci/runtime-spec.ts'
import { handOver, startHelper } from '../platform/helper/start.ts'
import { memoryFile } from '../platform/libc/process.ts'
import { bundleArguments, detachKeysOr, launcherOf } from './start.ts'
import { startHint } from './start-hint.ts'

export interface ExecRequest {
  readonly command: readonly string[]
  /** `KEY=VALUE`, or `KEY` to take away. */
  readonly environment: readonly string[]
  /** undefined: the container's own. */
  readonly user: string | undefined
  readonly directory: string | undefined
  readonly terminal: boolean
  readonly stdin: boolean
  readonly detach: boolean
  readonly privileged: boolean
  readonly detachKeys: string | undefined
}

/** What starts the helper for it. */
export interface ExecCommand {
  /** Its words, given the descriptor it finds `document` under. */
  readonly argv: (descriptor: number) => string[]
  readonly launcher: readonly string[]
  /** A descriptor of the process as the helper wants it described. */
  readonly document: number
}

/** In the foreground this process becomes the helper and never returns. Throws not-running. */
export function execInContainer(container: Container, request: ExecRequest, context: Context): number {
  const { argv, launcher, document } = execCommand(container, request, context)
  const id = newId()
  for (const action of ['exec_create', 'exec_start'])
    containerEvent(container, `${action}: ${request.command.join(' ')}`, { execID: id })
  const words = (descriptor: number) => [...argv(descriptor), '--id', id]
  if (!request.detach) handOver(context.directories, words(document), launcher)
  startHelper(context.directories, words(FIRST_DESCRIPTOR), { descriptors: [document], launcher })
  return 0
}

/** Throws not-running. */
export function execCommand(container: Container, request: ExecRequest, context: Context): ExecCommand {
  const state = container.state()
  if (!isRunning(state)) {
    throw new SampanError(`container ${container.id} is not running`, {
      kind: 'not-running',
      exitCode: 1,
      hint: startHint(container.name, state),
    })
  }
  if (state.status === 'paused') {
    throw new SampanError(`Container ${container.name} is paused, unpause the container before exec`, {
      exitCode: 1,
    })
  }
  const document = memoryFile('process.json', JSON.stringify(processOf(container, request, context)))
  const keys =
    request.stdin && !request.detach ? detachKeysOr(request.detachKeys, context) : request.detachKeys
  const argv = (descriptor: number) => [
    'exec',
    ...bundleArguments(container, context),
    '--process',
    String(descriptor),
    ...(request.stdin ? ['--stdin'] : []),
    ...(request.detach ? ['--detach'] : []),
    ...(keys ? ['--detach-keys', keys] : []),
  ]
  return { argv, launcher: launcherOf(container, context), document }
}

/** Where startHelper's descriptors begin. */
const FIRST_DESCRIPTOR = 3

function processOf({ record, folder }: Container, request: ExecRequest, context: Context): Process {
  const { process, security } = record
  const identity = identityOf(record, folder, request.user, context)
  const capabilities = request.privileged ? allCapabilities : security.capabilities
  return {
    terminal: request.terminal,
    user: {
      uid: identity.uid,
      gid: identity.gid,
      ...(identity.groups.length === 0 ? {} : { additionalGids: identity.groups }),
      ...(process.umask === null ? {} : { umask: process.umask }),
    },
    args: request.command,
    env: fullEnvironment(record, request.terminal, identity.home, [
      ...secretVariables(record, folder),
      ...request.environment,
    ]),
    cwd:
      request.directory === undefined
        ? process.directory
        : posix.normalize(posix.join('/', request.directory)),
    capabilities: capabilitySets(capabilities, identity.uid),
    ...(process.ulimits.length === 0 ? {} : { rlimits: process.ulimits }),
    noNewPrivileges: security.noNewPrivileges && !request.privileged,
  }
}

/** Names are looked up in the container's own files as they are now. */
function identityOf(record: ContainerRecord, folder: string, user: string | undefined, context: Context) {
  if (user === undefined) return record.process
  const union = unionOf(record, folder, context)
  return resolveUser(user, record.process.groupAdd, {
    passwd: () => readFromUnion(union, '/etc/passwd'),
    group: () => readFromUnion(union, '/etc/group'),
  })
}

function unionOf({ storage, image }: ContainerRecord, folder: string, { directories }: Context): Union {
  if (storage.driver === 'vfs') return [join(folder, 'merged')]
  const layers = image.layers.map((diffId) => join(layerFolder(directories.data, diffId as Digest), 'fs'))
  return [join(folder, 'upper'), ...layers.reverse()]
}
