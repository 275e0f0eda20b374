/** From the words of `build` to a BuildRequest. */

import { parseNamedContexts } from '../build/context/named.ts'
import { isDockerfileSyntax } from '../build/dockerfile/source.ts'
import {
  type CachePlace,
  type Output,
  parseCachePlace,
  parseCacheSources,
  parseOutput,
} from '../build/outputs/parse.ts'
import type { Values } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { parseDuration } from '../containers/values/duration.ts'
import { parseEnvironment, parseLabels, parseMap, readLines } from '../containers/values/environment.ts'
import { proxyVariables } from '../containers/values/proxies.ts'
import { unsupported, usage } from '../errors.ts'
import { formatPlatform, type Platform, platformOption } from '../oci/platform.ts'
import { parseReference, withDefaultTag } from '../oci/reference.ts'
import type { BuildRequest } from '../operations/build.ts'
import { parsePullPolicy } from '../operations/ensure-image.ts'
import { parseVolumeFlag } from '../volumes/volume-flag.ts'
import { isTrue, parseAttestations } from './build-attest.ts'
import type { buildOptions } from './build-options.ts'
import { refuse } from './build-refusals.ts'
import { parseSecrets, parseSsh } from './build-secrets.ts'
import { stepIdentity, stepRequest } from './build-step.ts'
import { accessOf } from './registry-options.ts'

type BuildValues = Values<typeof buildOptions>

export function buildRequest(
  options: BuildValues,
  operands: readonly string[],
  context: Context,
): BuildRequest {
  refuse(options)
  refuseValues(options)
  const [place = '.'] = operands
  const platforms = platformsOf(options, context)
  const args = buildArgs(
    [
      ...proxyVariables(
        options['http-proxy'] ?? (context.dialect === 'podman' || undefined),
        context.environment,
      ),
      ...options['build-arg-file'].flatMap(readLines),
      ...options['build-arg'],
    ],
    context,
  )
  const hostname = args.get('BUILDKIT_SANDBOX_HOSTNAME')
  const step = stepRequest(options, hostname ?? 'buildkitsandbox', context)
  return {
    context: place,
    file: options.file,
    ignoreFile: options.ignorefile,
    contexts: parseNamedContexts(options['build-context']),
    secrets: parseSecrets(options.secret, context.environment),
    ssh: parseSsh(options.ssh, context.environment),
    insecure: insecure(options.allow),
    names: options.tag.map(nameOf),
    outputs: outputsOf(options),
    cacheFrom: parseCacheSources(options['cache-from']),
    cacheTo: cachePlaces(options),
    target: options.target,
    buildArgs: args,
    labels: parseLabels(options.label, []),
    annotations: parseMap(options.annotation, '--annotation'),
    environment: imageEnvironment(options, context),
    withoutLabels: options.unsetlabel,
    omitHistory: options['omit-history'],
    osVersion: options['os-version'],
    createdAnnotation: options['created-annotation'] === true,
    cppFlags: options['cpp-flag'],
    format: formatOf(options),
    from: options.from,
    squash: options['squash-all'] ? 'all' : options.squash ? 'new' : 'no',
    platform: platforms[0],
    platforms,
    access: accessOf(options),
    pull: options.pull === undefined ? 'missing' : parsePullPolicy(options.pull),
    jobs: options.jobs,
    step,
    stepIdentity: stepIdentity(options, hostname, step),
    options: {
      epoch: epochOf(options, args, context),
      noCache: options['no-cache'],
      notBefore: notBefore(options['cache-ttl']),
      oneByOne: progressMode(options, context) === 'classic',
      inheritLabels: options['inherit-labels'] !== false,
      allStages: options['skip-unused-stages'] === false,
      keepFailed: options['keep-failed'] || options['debug-shell'],
      noCacheStages: options['no-cache-filter'].flatMap((names) => names.toLowerCase().split(',')),
    },
    iidFile: options.iidfile,
    rawIidFile: options['iidfile-raw'],
    keepGitDir: isTrue(args.get('BUILDKIT_CONTEXT_KEEP_GIT_DIR')),
    multiPlatform: isTrue(args.get('BUILDKIT_MULTI_PLATFORM')),
    manifest: options.manifest === undefined ? undefined : nameOf(options.manifest),
    shipping: {
      'compression-format': options['compression-format'],
      'compression-level': options['compression-level'],
      'force-compression': options['force-compression'],
    },
    metadataFile: options['metadata-file'],
    attest: parseAttestations(options),
  }
}

/** `--cache-ttl`, as a moment in milliseconds of 1970. */
function notBefore(ttl: string | undefined): number | undefined {
  return ttl === undefined ? undefined : Date.now() - parseDuration(ttl, '--cache-ttl') / 1e6
}

/** Values of options that mean something else than what is done anyway. */
function refuseValues(options: BuildValues): void {
  const { isolation, volume, annotation, format, userns } = options
  if (userns !== undefined && !['', 'host', 'private'].includes(userns))
    throw unsupported(
      `--userns ${userns}`,
      'steps run in the user namespace of all containers; name users in the Dockerfile',
    )
  for (const name of ['identity-label', 'inherit-annotations'] as const) {
    if (options[name] === true) throw unsupported(`--${name}`, 'use --label and --annotation')
  }
  if (isolation !== undefined && !['', 'default', 'oci', 'rootless'].includes(isolation))
    throw unsupported(`--isolation ${isolation}`, 'steps run isolated as containers of `run` are')
  for (const given of volume) {
    if (parseVolumeFlag(given, process.cwd()).type !== 'bind')
      throw unsupported(
        `the volume in -v ${given}`,
        'mount a folder of the host, or use RUN --mount=type=cache',
      )
  }
  if (format === 'docker' && annotation.length > 0)
    throw usage(
      '--annotation cannot be used with --format docker: its manifests have none',
      'leave --format out',
    )
}

function formatOf({ format }: BuildValues): 'oci' | 'docker' {
  if (format === 'oci' || format === 'docker') return format
  throw usage(`unrecognized image type ${JSON.stringify(format)}`, 'oci or docker')
}

/** `--env`, with the caller's own value for a name alone; then what goes away. */
function imageEnvironment({ env, unsetenv }: BuildValues, { environment }: Context): readonly string[] {
  return [...parseEnvironment(env, [], environment), ...unsetenv]
}

/** `A,B`: an image for each, and a list of them. */
function platformsOf(options: BuildValues, { environment }: Context): Platform[] {
  const words = (platformWords(options) ?? environment['DOCKER_DEFAULT_PLATFORM'] ?? '')
    .split(',')
    .filter((word) => word.trim() !== '')
  const platforms = words.flatMap((word) => platformOption(word.trim()) ?? [])
  const all = new Map(platforms.map((platform) => [formatPlatform(platform), platform]))
  return [...all.values()]
}

function platformWords({ platform, os, arch, variant }: BuildValues): string | undefined {
  if (os === undefined && arch === undefined && variant === undefined) return platform
  if (platform !== undefined) throw usage('--platform cannot be given with --os, --arch or --variant')
  return [os ?? 'linux', arch ?? process.arch, ...(variant === undefined ? [] : [variant])].join('/')
}

/**
 * `--progress`, `-q`, and where neither is given docker's variables: BUILDKIT_PROGRESS, and DOCKER_BUILDKIT=0 for the
 * builder it had before.
 */
export function progressMode({ progress, quiet }: BuildValues, { environment }: Context): string {
  if (quiet) return 'quiet'
  if (progress !== 'auto') return progress
  return environment['DOCKER_BUILDKIT'] === '0' ? 'classic' : environment['BUILDKIT_PROGRESS'] || 'auto'
}

/** Entitlements. Those of the network cost nothing here: nobody gets more than the user has. */
function insecure(words: readonly string[]): boolean {
  const all = words.flatMap((word) => word.split(','))
  for (const word of all) {
    if (!['security.insecure', 'network.host', 'device'].includes(word) && !/^(fs|ssh)(\.|=|$)/.test(word))
      throw usage(`invalid entitlement: ${word}`, 'security.insecure or network.host')
  }
  return all.includes('security.insecure')
}

/** BUILDKIT_INLINE_CACHE is what `type=inline` was before there was one. */
function cachePlaces(options: BuildValues): CachePlace[] {
  const places = options['cache-to'].map((text) => parseCachePlace(text, '--cache-to'))
  if (options['build-arg'].includes('BUILDKIT_INLINE_CACHE=1')) places.push({ type: 'inline' })
  return places
}

/** Without a word about it, the image is stored. */
function outputsOf({ output, push, load }: BuildValues): Output[] {
  const outputs = output.map(parseOutput)
  const image = (pushed: boolean): Output => ({ type: 'image', names: [], push: pushed })
  if (push) outputs.push(image(true))
  else if (load || outputs.length === 0) outputs.push(image(false))
  if (outputs.filter((one) => 'path' in one && one.path === '-').length > 1) {
    throw usage('only one --output can go to standard output', 'give the others a dest')
  }
  return outputs
}

function nameOf(text: string) {
  const name = parseReference(text)
  if (name.digest === undefined) return withDefaultTag(name)
  throw usage(`invalid tag "${text}": it must not have a digest`)
}

/** A name alone takes the caller's own value, and is left out where that is unset. */
function buildArgs(words: readonly string[], { environment }: Context): ReadonlyMap<string, string> {
  const args = new Map<string, string>()
  for (const word of words) {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    const value = equals < 0 ? environment[name] : word.slice(equals + 1)
    if (name === '') throw usage(`invalid argument "${word}" for "--build-arg" flag`, 'write NAME=VALUE')
    if (value !== undefined) args.set(name, value)
  }
  const syntax = args.get('BUILDKIT_SYNTAX')
  if (syntax !== undefined && !isDockerfileSyntax(syntax)) {
    throw unsupported(`the syntax ${syntax}`, 'docker/dockerfile is built in, other frontends are not run')
  }
  return args
}

function epochOf(
  options: BuildValues,
  args: ReadonlyMap<string, string>,
  { environment }: Context,
): BuildRequest['options']['epoch'] {
  const asked = options.timestamp ?? options['source-date-epoch']
  if (asked !== undefined) return seconds(asked, '--timestamp')
  if (options['rewrite-timestamp'] === false) return 'none'
  const given = args.get('SOURCE_DATE_EPOCH') ?? environment['SOURCE_DATE_EPOCH']
  return given === undefined || given === '' ? 'base' : seconds(given, 'SOURCE_DATE_EPOCH')
}

function seconds(text: string, what: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text)
  throw usage(`invalid ${what}: ${text}`, 'seconds since 1970')
}
