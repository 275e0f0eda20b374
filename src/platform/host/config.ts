/**
 * `~/.config/sampan/config.json`: what a person may set for all commands (docs/configuration.md). All of it may be
 * absent. Commands read it when they need one of its keys: whoever needs none pays nothing.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { findMistake, type JsonPath, lineOf } from '../files/json-lines.ts'
import type { Directories } from './directories.ts'

export type StorageDriver = 'overlay' | 'fuse-overlayfs' | 'vfs'

/** What carries packets from all bridges of a user to the host's sockets. */
export type NetworkBackend = 'slirp4netns' | 'pasta'

/** Subnets of `size` bits out of `base`, one a network. */
export interface AddressPool {
  readonly base: string
  readonly size: number
}

export interface Config {
  /** How large the build cache may grow: `20g`, `0` for no limit. */
  readonly buildCacheLimit?: string
  /** Where subnets of networks come from that are given none, instead of our own pools. */
  readonly defaultAddressPools?: readonly AddressPool[]
  /** Where a port is published whose address is not said. */
  readonly defaultBindIp?: string
  readonly detachKeys?: string
  /** Templates for lists without `--format`. */
  readonly imagesFormat?: string
  readonly networkBackend?: NetworkBackend
  readonly networksFormat?: string
  readonly psFormat?: string
  /** `HOST[:PORT]` or a range of addresses, `10.0.0.0/8`. */
  readonly insecureRegistries: readonly string[]
  readonly proxies: Proxies
  /** Base URLs asked before Docker Hub, in this order. */
  readonly registryMirrors: readonly string[]
  readonly storageDriver?: StorageDriver
}

/** Used where the environment has no variable for it. */
export interface Proxies {
  readonly httpProxy?: string
  readonly httpsProxy?: string
  readonly noProxy?: string
}

const empty: Config = { insecureRegistries: [], registryMirrors: [], proxies: {} }

/** @throws SampanError naming the file, the line and what should be there */
export function readConfig(directories: Directories): Config {
  const path = join(directories.config, 'config.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return empty
    throw error
  }
  try {
    return parseConfig(JSON.parse(text))
  } catch (error) {
    throw explain(error, path, text)
  }
}

/** What is wrong, at which place of the document. */
class Mistake extends Error {
  readonly path: JsonPath
  readonly hint: string | undefined

  constructor(path: JsonPath, what: string, hint?: string) {
    super(what)
    this.path = path
    this.hint = hint
  }
}

function explain(error: unknown, path: string, text: string): unknown {
  if (error instanceof Mistake) {
    const where = error.path.length === 0 ? '' : `${error.path.join('.')}: `
    return new SampanError(`${path}:${lineOf(text, error.path)}: ${where}${error.message}`, {
      kind: 'usage',
      hint: error.hint ?? 'docs/configuration.md has every key',
      exitCode: 1,
    })
  }
  const mistake = findMistake(text)
  if (mistake === undefined) return error
  return new SampanError(`${path}:${mistake.line}:${mistake.column}: ${mistake.what}`, {
    kind: 'usage',
    hint: 'correct the file, or move it away: everything has a default',
    exitCode: 1,
  })
}

type Read<T> = (value: unknown, path: JsonPath) => T

const readers: { readonly [K in keyof Required<Config>]: Read<Required<Config>[K]> } = {
  buildCacheLimit: size,
  defaultAddressPools: listOf(addressPool),
  defaultBindIp: address,
  detachKeys: string,
  imagesFormat: string,
  insecureRegistries: listOf(insecureRegistry),
  networkBackend,
  networksFormat: string,
  proxies: readProxies,
  psFormat: string,
  registryMirrors: listOf(mirror),
  storageDriver,
}

function parseConfig(value: unknown): Config {
  const found = members(value, [], readers)
  return { ...empty, ...found } as Config
}

const proxyReaders: { readonly [K in keyof Required<Proxies>]: Read<string> } = {
  httpProxy: proxy,
  httpsProxy: proxy,
  noProxy: string,
}

function readProxies(value: unknown, path: JsonPath): Proxies {
  return members(value, path, proxyReaders)
}

/** Every member by its reader; one that nobody reads is a mistake, since it would be silently without effect. */
function members(value: unknown, path: JsonPath, known: Readonly<Record<string, Read<unknown>>>) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Mistake(path, 'must be an object: { "key": value, … }')
  }
  const found: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    const read = Object.hasOwn(known, key) ? known[key] : undefined
    if (read === undefined) throw unknownKey(key, [...path, key], Object.keys(known))
    found[key] = read(member, [...path, key])
  }
  return found
}

/** Docker's daemon.json writes the same words with dashes. */
function unknownKey(key: string, path: JsonPath, known: readonly string[]): Mistake {
  const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '')
  const meant = known.find((one) => plain(one) === plain(key))
  return new Mistake(
    path,
    'is not known',
    meant === undefined ? `the keys are ${known.join(', ')}` : `it is written ${meant}`,
  )
}

function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new Mistake(path, 'must be a list: ["…", "…"]')
    return value.map((item, at) => read(item, [...path, at]))
  }
}

function string(value: unknown, path: JsonPath): string {
  if (typeof value === 'string') return value
  throw new Mistake(path, 'must be a string')
}

function size(value: unknown, path: JsonPath): string {
  const text = string(value, path)
  if (/^\d+(\.\d+)?\s?[bkmgtp]?(i?b)?$/i.test(text)) return text
  throw new Mistake(path, `${JSON.stringify(text)} is no size`, 'for example "20g"')
}

function address(value: unknown, path: JsonPath): string {
  const text = string(value, path)
  if (isIP(text) !== 0) return text
  throw new Mistake(path, `${JSON.stringify(text)} is no IP address`, 'for example "127.0.0.1"')
}

/** As docker's daemon.json has them, of IPv4. */
function addressPool(value: unknown, path: JsonPath): AddressPool {
  const { base, size: bits } = members(value, path, { base: string, size: whole })
  const [network = '', prefix = ''] = String(base).split('/')
  const least = Number(prefix)
  if (isIP(network) !== 4 || !/^\d{1,2}$/.test(prefix) || least < 8 || least > 30)
    throw new Mistake(path, `${JSON.stringify(base)} is no IPv4 subnet`, 'for example "10.200.0.0/16"')
  if (typeof bits !== 'number' || bits < least || bits > 30)
    throw new Mistake(
      path,
      `${bits} is no size for networks of ${base}`,
      `bits of the prefix, ${least} to 30`,
    )
  return { base: String(base), size: bits }
}

function whole(value: unknown, path: JsonPath): number {
  if (Number.isInteger(value)) return Number(value)
  throw new Mistake(path, 'must be a whole number')
}

function storageDriver(value: unknown, path: JsonPath): StorageDriver {
  const text = string(value, path)
  if (text === 'overlay2') return 'overlay'
  if (text === 'overlay' || text === 'fuse-overlayfs' || text === 'vfs') return text
  throw new Mistake(path, `${JSON.stringify(text)} is no storage driver`, 'overlay, fuse-overlayfs or vfs')
}

function networkBackend(value: unknown, path: JsonPath): NetworkBackend {
  const text = string(value, path)
  if (text === 'slirp4netns' || text === 'pasta') return text
  throw new Mistake(path, `${JSON.stringify(text)} leads nowhere outside`, 'slirp4netns or pasta')
}

/** Loaded by those who have something to check: `ps` reads this file, too. */
function isIP(text: string): number {
  return process.getBuiltinModule('node:net').isIP(text)
}

function mirror(value: unknown, path: JsonPath): string {
  const text = webAddress(value, path, 'for example "https://mirror.example.com"')
  if (new URL(text).pathname === '/') return text
  throw new Mistake(path, 'has a path, which mirrors cannot have', 'registries.conf can: see mirror.location')
}

function proxy(value: unknown, path: JsonPath): string {
  const text = string(value, path)
  if (/^https?:\/\/[^/]+\/?$/.test(text) && URL.canParse(text)) return text
  throw new Mistake(
    path,
    `${JSON.stringify(text)} is no proxy`,
    'for example "http://proxy.example.com:3128"',
  )
}

function webAddress(value: unknown, path: JsonPath, example: string): string {
  const text = string(value, path)
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Mistake(path, `${JSON.stringify(text)} is no web address`, example)
  }
  if (url.username !== '' || url.password !== '') {
    throw new Mistake(
      path,
      'has a name or password in it',
      '`sampan login HOST` keeps it where only you can read it',
    )
  }
  return text
}

function insecureRegistry(value: unknown, path: JsonPath): string {
  const text = string(value, path)
  const [host = '', bits] = text.split('/')
  const range = bits !== undefined && isIP(host) !== 0 && /^\d{1,3}$/.test(bits)
  if (range || (bits === undefined && /^(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(text))) return text
  throw new Mistake(
    path,
    `${JSON.stringify(text)} is no registry`,
    'HOST or HOST:PORT without a scheme, or addresses like 10.0.0.0/8',
  )
}
