/**
 * Which variables an instruction sees (Dockerfile reference, ARG): the ARGs above the first FROM serve FROM alone; a
 * stage sees what it declares itself, what the stage it is built from had, and the environment, which wins. Pure.
 */
import { type Expansion, expandWord } from './expand-word.ts'
import type { ArgDefinition, ArgInstruction, Escape, KeyValue } from './types.ts'

/** `os/architecture[/variant]`, taken apart. */
export interface PlatformWords {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

export interface ScopeInput {
  readonly escapeChar: Escape
  /** What the person gave with `--build-arg`; a name without a value is left out. */
  readonly buildArgs: ReadonlyMap<string, string>
  /** The platform built for. */
  readonly target: PlatformWords
  /** The platform built on. */
  readonly build: PlatformWords
  /** The stage asked for with `--target`, else `default`. */
  readonly targetStage?: string
  readonly onUndefined?: (name: string) => void
}

/** Given by the person without being declared, RUN has them all the same; nothing keeps them (image, history, cache). */
export const proxyNames: readonly string[] = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'FTP_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
].flatMap((name) => [name, name.toLowerCase()])

/** The ARGs above the first FROM and those of the platform; for FROM lines. */
export class GlobalScope {
  readonly input: ScopeInput
  private readonly values: Map<string, string>

  /** @throws SampanError for a default that cannot be expanded */
  constructor(globals: readonly ArgInstruction[], input: ScopeInput) {
    this.input = input
    this.values = platformArgs(input)
    for (const { name, value } of globals.flatMap((instruction) => instruction.args)) {
      const known = input.buildArgs.get(name) ?? (value === undefined ? undefined : this.expand(value))
      if (known !== undefined) this.values.set(name, known)
    }
  }

  get(name: string): string | undefined {
    return this.values.get(name)
  }

  names(): Iterable<string> {
    return this.values.keys()
  }

  /** A word of FROM: image or platform. @throws SampanError */
  expand(word: string): string {
    return expandWord(
      word,
      expansionOf(this.input, (name) => this.get(name)),
    )
  }
}

/** What one stage sees at the instruction it has come to. */
export class StageScope {
  readonly expansion: Expansion
  private readonly globals: GlobalScope
  /** In the order of their declaration. A value is missing when nobody gave one. */
  private readonly args: Map<string, string | undefined>
  private readonly environment: Map<string, string>

  /** @param base the stage this one is built from, as it was at its end; or the base image's Env */
  constructor(globals: GlobalScope, base: StageScope | readonly string[]) {
    this.globals = globals
    this.args = new Map(base instanceof StageScope ? base.args : [])
    this.environment = new Map(base instanceof StageScope ? base.environment : base.map(nameAndValue))
    this.expansion = expansionOf(globals.input, (name) => this.get(name))
  }

  get(name: string): string | undefined {
    return this.environment.get(name) ?? this.args.get(name)
  }

  /** True for an ARG that has no value, too. */
  isDeclared(name: string): boolean {
    return this.args.has(name) || this.environment.has(name)
  }

  names(): Iterable<string> {
    return new Set([...this.environment.keys(), ...this.args.keys()])
  }

  /** @throws SampanError */
  expand(word: string): string {
    return expandWord(word, this.expansion)
  }

  /** ARG: from the person, else the default, else the ARG of that name above FROM. @returns as history shows them */
  declare(definitions: readonly ArgDefinition[]): ArgDefinition[] {
    return definitions.map(({ name, value }) => {
      const given = this.globals.input.buildArgs.get(name)
      const known = given ?? (value === undefined ? this.globals.get(name) : this.expand(value))
      this.args.set(name, known)
      return known === undefined ? { name } : { name, value: known }
    })
  }

  /** ENV, expanded already: all of one instruction see the values from before it. */
  set(pairs: readonly KeyValue[]): void {
    for (const { key, value } of pairs) this.environment.set(key, value)
  }

  /**
   * The declared ARGs that have a value, in order of declaration: part of a RUN's cache key and of its history. An ENV
   * of the same name has the say.
   */
  declaredArgs(): [name: string, value: string][] {
    return [...this.args.keys()].flatMap((name): [string, string][] => {
      const value = this.get(name)
      return value === undefined ? [] : [[name, value]]
    })
  }

  /** The image's Env at this point: `NAME=value`. */
  imageEnvironment(): string[] {
    return [...this.environment].map(([name, value]) => `${name}=${value}`)
  }

  /** What a RUN's process gets: ARGs, environment, and proxies that were given but not declared. */
  runEnvironment(): string[] {
    const { buildArgs } = this.globals.input
    const proxies = proxyNames.flatMap((name): [string, string][] => {
      const value = buildArgs.get(name)
      return value === undefined ? [] : [[name, value]]
    })
    const all = new Map([...proxies, ...this.declaredArgs(), ...this.environment])
    return [...all].map(([name, value]) => `${name}=${value}`)
  }
}

function platformArgs({ target, build, targetStage, buildArgs }: ScopeInput): Map<string, string> {
  const values = {
    BUILDPLATFORM: platformText(build),
    BUILDOS: build.os,
    BUILDARCH: build.architecture,
    BUILDVARIANT: build.variant ?? '',
    TARGETPLATFORM: platformText(target),
    TARGETOS: target.os,
    TARGETARCH: target.architecture,
    TARGETVARIANT: target.variant ?? '',
    TARGETSTAGE: targetStage ?? 'default',
  }
  return new Map(Object.entries(values).map(([name, value]) => [name, buildArgs.get(name) ?? value]))
}

function platformText({ os, architecture, variant }: PlatformWords): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
}

function expansionOf({ escapeChar, onUndefined }: ScopeInput, lookup: Expansion['lookup']): Expansion {
  return { escapeChar, lookup, ...(onUndefined === undefined ? {} : { onUndefined }) }
}

function nameAndValue(entry: string): [string, string] {
  const equals = entry.indexOf('=')
  return equals === -1 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)]
}
