/** Options of every command that talks to a registry. */

import type { Options } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { unsupported } from '../errors.ts'
import type { OpenProgress } from '../operations/progress.ts'
import { openProgress, progressMode, progressModes } from '../output/progress/open.ts'

export const registryOptions = {
  authfile: {
    type: 'string',
    value: 'FILE',
    complete: 'files',
    describe: 'File with names and passwords, instead of ~/.docker/config.json',
  },
  'cert-dir': {
    type: 'string',
    value: 'DIR',
    complete: 'directories',
    describe: "Folder with the registry's authority (*.crt) and our certificate (*.cert, *.key)",
  },
  'tls-verify': {
    type: 'tristate',
    describe: 'Whether the registry must prove who it is (true unless it is configured insecure)',
  },
} as const satisfies Options

/** For those that move images. */
export const transferOptions = {
  ...registryOptions,
  creds: { type: 'string', value: 'NAME:PASSWORD', describe: 'Name and password for this command only' },
  'disable-content-trust': {
    type: 'boolean',
    default: true,
    hidden: true,
    describe: 'Accepted for old scripts: there is no content trust any more',
  },
  jobs: { type: 'integer', value: 'N', describe: 'How many layers travel at a time' },
  progress: {
    type: 'string',
    value: 'KIND',
    default: 'auto',
    complete: progressModes,
    describe: 'How to show what happens: auto (tty on a terminal, else plain), plain, tty, json, quiet',
  },
  quiet: { type: 'boolean', short: 'q', describe: 'Print nothing but the name of the image' },
  retry: { type: 'integer', value: 'N', describe: 'Further attempts when a registry stumbles (default 4)' },
  'retry-delay': {
    type: 'string',
    value: 'DURATION',
    describe: 'Time between attempts (default 0.25s, doubled each time)',
  },
} as const satisfies Options

/** Progress of a transfer: docker's goes to standard output. */
export function progressFor(
  { progress, quiet }: { readonly progress: string; readonly quiet: boolean },
  context: Context,
): OpenProgress {
  const mode = progressMode(progress, quiet)
  const stream = context.dialect === 'docker' ? 'stdout' : 'stderr'
  return () => openProgress(context, { mode, stream })
}

const SIGNED = 'sign with cosign or notation: what refers to an image is pushed and pulled with it'
const ENCRYPTED = 'encrypt the disk of the registry, or what is in the image'
const AS_STORED = 'layers are pushed as they are stored, so that the digest stays'

const FROM_HERE = 'only images that are here are listed: pull them first, with its own options'

/** Podman's that we know and do not do, and what to do instead. Parsed, so that the sentence is about the option. */
const refused = {
  'manifest create': { 'tls-verify': FROM_HERE },
  'manifest add': { authfile: FROM_HERE, 'cert-dir': FROM_HERE, creds: FROM_HERE, 'tls-verify': FROM_HERE },
  'manifest inspect': { verbose: 'look at each entry by its digest: sampan manifest inspect NAME@DIGEST' },
  pull: { 'decryption-key': ENCRYPTED },
  push: {
    compress: AS_STORED,
    'compression-format': AS_STORED,
    'compression-level': AS_STORED,
    'force-compression': AS_STORED,
    format: 'the manifest is pushed as it is: `sampan save --format oci-archive` translates',
    'encrypt-layer': ENCRYPTED,
    'encryption-key': ENCRYPTED,
    'remove-signatures': 'signatures are images of their own, which refer to this one',
    'sign-by': SIGNED,
    'sign-by-sigstore': SIGNED,
    'sign-by-sigstore-private-key': SIGNED,
    'sign-by-sq-fingerprint': SIGNED,
    'sign-passphrase-file': SIGNED,
  },
} as const

const flags: readonly string[] = [
  'compress',
  'force-compression',
  'remove-signatures',
  'tls-verify',
  'verbose',
]

export function refusedOptions(command: keyof typeof refused): Options {
  return Object.fromEntries(
    Object.keys(refused[command]).map((name) => [
      name,
      { type: flags.includes(name) ? 'boolean' : 'string', describe: 'Not supported', hidden: true },
    ]),
  )
}

/** @throws SampanError (unsupported) for the first of them that was given */
export function refuseOptions(command: keyof typeof refused, given: Readonly<Record<string, unknown>>): void {
  for (const [name, instead] of Object.entries(refused[command])) {
    if (given[name] !== undefined && given[name] !== false) throw unsupported(`${command} --${name}`, instead)
  }
}
