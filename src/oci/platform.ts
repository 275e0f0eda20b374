/** `os/architecture/variant` of images, normalised as registries list them (OCI image-index.md, "platform"). Pure. */
import { usage } from '../errors.ts'

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** Names that kernels, compilers and Node use for the same machine. */
const architectures: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  x64: ['amd64'],
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  i386: ['386'],
  i686: ['386'],
  ia32: ['386'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
  loong64: ['loong64'],
  ppc64el: ['ppc64le'],
}

/** The variant that a missing one stands for. */
const defaultVariants: Readonly<Record<string, string>> = { arm: 'v7', arm64: 'v8', amd64: 'v1' }

/** @throws SampanError (usage) for anything but `os`, `arch`, `os/arch` or `os/arch/variant`. */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/')
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) {
    throw usage(`"${text}" is an invalid platform`, 'write it as OS/ARCHITECTURE[/VARIANT], e.g. linux/arm64')
  }
  const [first = '', second, third] = parts
  if (second !== undefined) return normalise(first, second, third)
  return /^(linux|windows|darwin|freebsd)$/.test(first)
    ? { ...hostPlatform(), os: first }
    : normalise('linux', first, undefined)
}

/** The value of `--platform`; undefined and empty mean: none was asked for. */
export function platformOption(text: string | undefined): Platform | undefined {
  return text === undefined || text === '' ? undefined : parsePlatform(text)
}

export function normalise(os: string, architecture: string, variant: string | undefined): Platform {
  const known = Object.hasOwn(architectures, architecture) ? architectures[architecture] : undefined
  const chosen = variant || known?.[1]
  const name = known?.[0] ?? architecture
  // arm64/v8 and amd64/v1 say nothing more than arm64 and amd64.
  const plain = chosen === undefined || (name !== 'arm' && defaultVariants[name] === chosen)
  return { os, architecture: name, ...(plain ? {} : { variant: chosen }) }
}

export function hostPlatform(architecture: string = process.arch): Platform {
  return architecture === 'arm'
    ? normalise('linux', 'arm', 'v7')
    : normalise('linux', architecture, undefined)
}

export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform
  return variant ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`
}

/**
 * How well an image for `offered` suits `wanted`: 0 not at all, higher is better. A newer variant of the same
 * architecture runs the older ones' code (arm v7 runs v6), never the other way round; the exact one wins.
 */
export function suitability(wanted: Platform, offered: Platform): number {
  if (wanted.os !== offered.os || wanted.architecture !== offered.architecture) return 0
  const standard = defaultVariants[wanted.architecture]
  const want = wanted.variant ?? standard
  const offer = offered.variant ?? standard
  if (want === offer) return 100
  const distance = numberOf(want) - numberOf(offer)
  return distance > 0 && distance < 100 ? 100 - distance : 0
}

function numberOf(variant: string | undefined): number {
  const number = /^v(\d{1,2})$/.exec(variant ?? '')?.[1]
  return number === undefined ? Number.NaN : Number(number)
}
