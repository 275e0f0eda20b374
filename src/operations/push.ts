/** `push`: images to the registries their names say. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../cli/context.ts'
import { SampanError, unsupported, usage } from '../errors.ts'
import type { PushedLayer, PushObserver, PushPhase } from '../images/push.ts'
import { type Image, ImageStore } from '../images/store.ts'
import { shortId } from '../oci/digest.ts'
import { platformOf } from '../oci/image-config.ts'
import { formatPlatform, platformOption, suitability } from '../oci/platform.ts'
import type { Reference } from '../oci/reference.ts'
import {
  familiarName,
  familiarRepository,
  fullName,
  parseReference,
  repositoryName,
  withDefaultTag,
} from '../oci/reference.ts'
import { type AccessOptions, openRegistry, parseJobs } from './registry-access.ts'

export interface PushInput {
  readonly operands: readonly string[]
  readonly options: AccessOptions & {
    readonly 'all-tags': boolean
    readonly digestfile: string | undefined
    readonly jobs: number | undefined
    readonly platform: string | undefined
    readonly quiet: boolean
  }
}

/** A live picture of a push on a terminal, given by the command so that nothing here knows a terminal. */
export interface PushDisplay extends PushObserver {
  /** Leaves the last picture standing. */
  end(): Promise<void>
}

export type OpenPushDisplay = (title: string) => Promise<PushDisplay | undefined>

interface Parcel {
  readonly image: Image
  readonly target: Reference
}

/**
 * Pushes one image, or with `--all-tags` every tag of a repository. The line with the digest goes to stdout (with `-q`
 * the name), what happens on the way to stderr; all to stdout as `docker`.
 */
export async function push(input: PushInput, context: Context, open?: OpenPushDisplay): Promise<number> {
  const { options } = input
  const jobs = parseJobs(options.jobs)
  const store = new ImageStore(context.directories)
  const parcels = options['all-tags'] ? everyTag(store, input) : [oneParcel(store, input, context)]
  const first = parcels[0] as Parcel
  using registry = await openRegistry(first.target.registry, options, context)
  const { pushImage } = await import('../images/push.ts')
  const title = `The push refers to repository [${repositoryName(first.target)}]`
  if (!options.quiet) say(context, title)
  for (const { image, target } of parcels) {
    checkPlatform(image, target, options.platform)
    const display = options.quiet ? undefined : await open?.(`${target.tag}: Pushing`)
    const observer = display ?? (options.quiet ? silent : lines(context))
    try {
      const { digest, size } = await pushImage(store, registry, image, target, {
        observer,
        ...(jobs === undefined ? {} : { jobs }),
      })
      await display?.end()
      context.out.write(
        options.quiet ? `${fullName(target)}\n` : `${target.tag}: digest: ${digest} size: ${size}\n`,
      )
      if (options.digestfile !== undefined) writeFileSync(resolve(options.digestfile), digest)
    } catch (error) {
      await display?.end()
      throw error
    }
  }
  return 0
}

/** `push NAME[:TAG]`, or podman's `push IMAGE DESTINATION`. */
function oneParcel(store: ImageStore, { operands, options }: PushInput, context: Context): Parcel {
  const [source = '', destination] = operands
  const typed = parseReference(withoutTransport(destination ?? source))
  if (typed.digest !== undefined) {
    throw new SampanError('cannot push a digest reference', {
      hint: 'a digest follows from the content: push by NAME:TAG',
      exitCode: 1,
    })
  }
  const target = withDefaultTag(typed)
  if (typed.tag === undefined && !options.quiet) say(context, 'Using default tag: latest')
  const image = destination === undefined ? store.named(target) : store.find(source)
  if (image !== undefined) return { image, target }
  throw new SampanError(`An image does not exist locally with the tag: ${familiarRepository(target)}`, {
    hint: `\`sampan images\` lists what is here, \`sampan tag IMAGE ${familiarName(target)}\` gives an image this name`,
    kind: 'no-such-image',
  })
}

function everyTag(store: ImageStore, { operands }: PushInput): readonly Parcel[] {
  const [name = '', destination] = operands
  const typed = parseReference(name)
  if (typed.tag !== undefined || typed.digest !== undefined || destination !== undefined) {
    throw usage("tag can't be used with --all-tags/-a")
  }
  const parcels = store.list().flatMap(({ names }) =>
    names
      .filter(({ tag }) => tag !== undefined)
      .filter((own) => repositoryName(own) === repositoryName(typed))
      .flatMap((target) => {
        const image = store.named(target)
        return image === undefined ? [] : [{ image, target }]
      }),
  )
  if (parcels.length > 0) {
    return parcels.sort((a, b) => ((a.target.tag ?? '') < (b.target.tag ?? '') ? -1 : 1))
  }
  throw new SampanError(`An image does not exist locally with the tag: ${familiarRepository(typed)}`, {
    kind: 'no-such-image',
  })
}

/** containers-transports(5): a registry is `docker://`, everything else is not a push to a registry. */
function withoutTransport(text: string): string {
  if (text.startsWith('docker://')) return text.slice('docker://'.length)
  const other = /^(oci|oci-archive|docker-archive|docker-daemon|dir|containers-storage|sif):/.exec(text)?.[1]
  if (other === undefined) return text
  throw unsupported(`pushing to ${other}:`, '`sampan save` writes archives, for files and other tools')
}

function checkPlatform(image: Image, target: Reference, wanted: string | undefined): void {
  const platform = platformOption(wanted)
  const actual = platformOf(image.config)
  if (platform === undefined || suitability(platform, actual) > 0) return
  throw new SampanError(
    `image ${familiarName(target)} is for ${formatPlatform(actual)}, not ${formatPlatform(platform)}`,
    { hint: 'pull it with the same --platform first' },
  )
}

/** As `docker` we print on stdout what docker prints there. */
function say(context: Context, line: string): void {
  if (context.dialect === 'docker') context.out.write(`${line}\n`)
  else context.out.note(line)
}

const silent: PushObserver = { layers: () => undefined, layer: () => undefined }

const words: Partial<Record<PushPhase, string>> = {
  preparing: 'Preparing',
  waiting: 'Waiting',
  pushed: 'Pushed',
  exists: 'Layer already exists',
}

/** One line a change, for pipes and log files. */
function lines(context: Context): PushObserver {
  const last = new Map<PushedLayer, PushPhase>()
  return {
    layers: () => undefined,
    layer(layer, phase, detail) {
      if (last.get(layer) === phase) return
      last.set(layer, phase)
      const word = phase === 'mounted' ? `Mounted from ${detail}` : words[phase]
      if (word !== undefined) say(context, `${shortId(layer.diffId)}: ${word}`)
    },
  }
}
