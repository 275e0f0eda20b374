/** Options before the command: `sampan --root DIR ps`. */
import { statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { errnoOf, SampanError, unsupported, usage } from '../errors.ts'
import { directories } from '../platform/host/directories.ts'
import type { Options, Values } from './command.ts'
import type { Context, Dialect } from './context.ts'
import { processOutput } from './output.ts'
import { parseWords } from './parse.ts'

export const globalOptions = {
  root: {
    type: 'string',
    value: 'DIR',
    complete: 'directories',
    describe: 'Folder for images and containers',
  },
  runroot: {
    type: 'string',
    value: 'DIR',
    complete: 'directories',
    describe: 'Folder for sockets of running containers',
  },
  'storage-driver': {
    type: 'string',
    value: 'DRIVER',
    complete: ['overlay', 'fuse-overlayfs', 'vfs'],
    describe: 'How layers become one file system: overlay, fuse-overlayfs or vfs',
  },
  'network-backend': {
    type: 'string',
    value: 'PROGRAM',
    complete: ['slirp4netns', 'pasta'],
    describe: 'What leads from bridge networks outside: slirp4netns or pasta',
  },
  runtime: {
    type: 'string',
    value: 'PATH',
    complete: 'files',
    describe: 'OCI runtime to start containers with',
  },
  config: {
    type: 'string',
    value: 'DIR',
    complete: 'directories',
    describe: "Folder of docker's config.json",
  },
  debug: { type: 'boolean', short: 'D', describe: 'Print causes and stacks of errors' },
  'log-level': {
    type: 'string',
    short: 'l',
    value: 'LEVEL',
    default: 'info',
    complete: ['debug', 'info', 'warn', 'error', 'fatal'],
    describe: 'Least important messages to print: debug, info, warn, error or fatal',
  },
  context: {
    type: 'string',
    short: 'c',
    value: 'NAME',
    complete: ['default'],
    describe: "Only 'default' exists",
  },
  host: { type: 'list', short: 'H', hidden: true, describe: 'Refused: there is no daemon' },
  url: { type: 'string', hidden: true, describe: 'Refused: there is no daemon' },
  remote: { type: 'boolean', short: 'r', hidden: true, describe: 'Refused: there is no daemon' },
  connection: { type: 'string', hidden: true, describe: 'Refused: there is no daemon' },
  version: { type: 'boolean', short: 'v', describe: 'Print the version' },
} as const satisfies Options

type Globals = Values<typeof globalOptions>

export interface CommandLine {
  readonly context: Context
  /** The command and everything after it. */
  readonly words: readonly string[]
  readonly help: boolean
  readonly version: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads what stands before the command and makes the context of the run.
 * @throws usage error for an unknown option, 'unsupported' for one that needs a daemon
 */
export function readGlobals(
  words: readonly string[],
  environment: Environment,
  dialect: Dialect,
): CommandLine {
  const { options, operands, help } = parseWords(globalOptions, words, true)
  const globals = options as Globals
  refuseRemote(globals)
  const root = globals.root === undefined ? undefined : absolute('--root', globals.root)
  const places = directories(environment, root)
  const level = logLevel(globals['log-level'])
  const context: Context = {
    directories:
      globals.runroot === undefined ? places : { ...places, runtime: absolute('--runroot', globals.runroot) },
    dialect,
    environment:
      globals.config === undefined ? environment : { ...environment, DOCKER_CONFIG: resolve(globals.config) },
    storageDriver: storageDriver(globals['storage-driver'] ?? environment['SAMPAN_STORAGE_DRIVER']),
    networkBackend: networkBackend(globals['network-backend']),
    runtime: globals.runtime,
    debug: globals.debug || level === 'debug' || !!environment['SAMPAN_DEBUG'],
    out: quietened(processOutput(), level),
  }
  return { context, words: operands, help, version: globals.version }
}

function absolute(flag: string, path: string): string {
  if (path === '') throw usage(`invalid argument "" for "${flag}" flag: must not be empty`)
  return isAbsolute(path) ? path : resolve(path)
}

/**
 * Refuses a data folder that is a file: to commands that only read it would look like a store without images.
 * @throws SampanError with the command's own exit code
 */
export function checkDataFolder({ directories: { data } }: Context): void {
  try {
    const found = statSync(data, { throwIfNoEntry: false })
    if (found === undefined || found.isDirectory()) return
  } catch (error) {
    // What else is wrong with it is for the command that needs it to say.
    if (errnoOf(error) !== 'ENOTDIR') return
  }
  throw new SampanError(`${data} is not a folder`, {
    hint: 'Choose another place for the data with --root DIR',
  })
}

function refuseRemote(globals: Globals): void {
  const here = 'sampan has no daemon and works on this machine only: run it there, for example over ssh'
  if (globals.host.length > 0) throw unsupported(`--host ${globals.host.join(',')}`, here)
  if (globals.url !== undefined) throw unsupported(`--url ${globals.url}`, here)
  if (globals.connection !== undefined) throw unsupported(`--connection ${globals.connection}`, here)
  if (globals.remote) throw unsupported('--remote', here)
  if (globals.context !== undefined && globals.context !== 'default') {
    throw unsupported(`--context ${globals.context}`, here)
  }
}

/** Docker calls native overlay `overlay2`. */
function storageDriver(name: string | undefined): Context['storageDriver'] {
  switch (name) {
    case undefined:
    case '':
      return undefined
    case 'overlay2':
      return 'overlay'
    case 'overlay':
    case 'fuse-overlayfs':
    case 'vfs':
      return name
    default:
      throw usage(`unknown storage driver "${name}"`, 'Choose overlay, fuse-overlayfs or vfs')
  }
}

/** Podman's words mean how bridges are made, which here the kernel is asked for directly. */
function networkBackend(name: string | undefined): Context['networkBackend'] {
  if (name === undefined || name === 'slirp4netns' || name === 'pasta') return name
  throw usage(`unknown network backend "${name}"`, 'Choose slirp4netns or pasta')
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic']

function logLevel(level: string): string {
  if (LEVELS.includes(level)) return level === 'trace' ? 'debug' : level
  throw usage(`unable to parse logging level: ${level}`, 'Choose debug, info, warn, error or fatal')
}

/** From level `error` on, warnings are not printed; errors and progress always are. */
function quietened(out: Context['out'], level: string): Context['out'] {
  if (!['error', 'fatal', 'panic'].includes(level)) return out
  return Object.defineProperty(out, 'note', {
    value: (
      (note) => (line: string) =>
        line.startsWith('WARNING: ') || note(line)
    )(out.note),
  })
}
