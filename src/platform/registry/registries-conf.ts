/**
 * containers-registries.conf(5), version 2: where podman's people say what stands in for which registry. Read for its
 * mirrors, locations, insecure and blocked registries and short-name aliases. `unqualified-search-registries` is not:
 * a name without a registry means Docker Hub here, and asks nobody.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, SampanError } from '../../errors.ts'
import { asArray, asObject, asString, asStringMap, type JsonObject, optional } from '../../oci/json.ts'
import { dockerHub } from '../../oci/reference.ts'
import { parseToml } from '../host/toml.ts'
import type { Custom, Environment } from './auth-file.ts'

/** One `[[registry]]`. Names are `HOST[:PORT][/PATH]`, Docker Hub's host `docker.io`. */
export interface Rule {
  /** A name or the beginning of one, or `*.example.com`. */
  readonly prefix: string
  /** What the prefix is replaced by; the same where nothing is. */
  readonly location: string
  readonly insecure: boolean
  readonly blocked: boolean
  readonly mirrorByDigestOnly: boolean
  readonly mirrors: readonly Mirror[]
}

export interface Mirror {
  readonly location: string
  readonly insecure: boolean
  readonly pull: 'all' | 'digest-only' | 'tag-only'
}

export interface RegistriesConf {
  readonly rules: readonly Rule[]
  /** Short names and the whole names they stand for, without tags. */
  readonly aliases: Readonly<Record<string, string>>
}

/**
 * Distributions ship this list of what short names mean to them. Docker's people mean Docker Hub by `centos`, so only
 * podman's get it.
 */
const shipped = /(^|\/)(\d+-)?shortnames\.conf$/

/** The person's file instead of the machine's, and after it what the .d folders add. Nothing where there is none. */
export function readRegistriesConf(environment: Environment, custom: Custom): RegistriesConf {
  const home = join(environment['HOME'] ?? '/', '.config')
  const own = join(environment['XDG_CONFIG_HOME'] || home, 'containers/registries.conf')
  const given = environment['CONTAINERS_REGISTRIES_CONF']
  const machine = ['/etc/containers/registries.conf', '/usr/share/containers/registries.conf']
  const main = given ? [given] : [own, ...machine]
  const first = main.find((path) => read(path) !== undefined)
  const dropIns = given ? [] : [...list('/etc/containers/registries.conf.d'), ...list(`${own}.d`)]
  const paths = [...(first === undefined ? [] : [first]), ...dropIns]
  const rules = new Map<string, Rule>()
  const aliases: Record<string, string> = {}
  for (const path of paths) {
    if (shipped.test(path) && custom !== 'podman') continue
    const file = asObject(parseToml(read(path) ?? '', path), path)
    for (const rule of (optional(file, 'registry', path, asArray) ?? []).map((one) => readRule(one, path)))
      rules.set(rule.prefix, rule)
    Object.assign(aliases, optional(file, 'aliases', path, asStringMap))
  }
  return { rules: [...rules.values()], aliases }
}

function readRule(value: unknown, path: string): Rule {
  const what = `${path}: [[registry]]`
  const rule = asObject(value, what)
  const location = optional(rule, 'location', what, asString)
  const prefix = optional(rule, 'prefix', what, asString) ?? location
  if (!prefix || (prefix.startsWith('*.') && location)) {
    throw new SampanError(`${what} has ${prefix ? 'a location for *.' : 'neither prefix nor location'}`, {
      hint: 'see containers-registries.conf(5)',
    })
  }
  return {
    prefix: trimmed(prefix),
    location: trimmed(location ?? prefix),
    insecure: flag(rule, 'insecure', what),
    blocked: flag(rule, 'blocked', what),
    mirrorByDigestOnly: flag(rule, 'mirror-by-digest-only', what),
    mirrors: (optional(rule, 'mirror', what, asArray) ?? []).map((mirror) => readMirror(mirror, what)),
  }
}

function readMirror(value: unknown, what: string): Mirror {
  const mirror = asObject(value, `${what}.mirror`)
  const pull = optional(mirror, 'pull-from-mirror', what, asString) ?? 'all'
  if (pull !== 'all' && pull !== 'digest-only' && pull !== 'tag-only') {
    throw new SampanError(`${what}: pull-from-mirror is ${JSON.stringify(pull)}`, {
      hint: 'all, digest-only or tag-only',
    })
  }
  const location = trimmed(asString(mirror['location'], `${what}.mirror.location`))
  return { location, insecure: flag(mirror, 'insecure', what), pull }
}

function flag(object: JsonObject, key: string, what: string): boolean {
  const value = object[key]
  if (value === undefined || typeof value === 'boolean') return value === true
  throw new SampanError(`${what}: ${key} must be true or false`)
}

/** The rule with the longest prefix that the name begins with, if any. */
export function ruleFor(name: string, { rules }: RegistriesConf): Rule | undefined {
  return rules
    .filter(({ prefix }) => matches(name, prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0]
}

function matches(name: string, prefix: string): boolean {
  const host = name.split('/')[0] ?? ''
  if (prefix.startsWith('*.')) return host.endsWith(prefix.slice(1))
  return name === prefix || name.startsWith(`${prefix}/`)
}

/** What a name without a registry stands for by the aliases; undefined where they do not know it. */
export function expandAlias(text: string, { aliases }: RegistriesConf): string | undefined {
  const [, name = '', rest = ''] = /^([^:@]+)(.*)$/.exec(text) ?? []
  const known = Object.hasOwn(aliases, name) ? aliases[name] : undefined
  return known ? `${known}${rest}` : undefined
}

function trimmed(name: string): string {
  const bare = name.replace(/\/+$/, '')
  return bare.replace(/^(index|registry-1)\.docker\.io(?=\/|$)/, dockerHub)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'EACCES')
      return undefined
    throw error
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .map((name) => join(folder, name))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'EACCES') return []
    throw error
  }
}
