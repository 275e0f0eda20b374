/** Options of the commands that send images. */

import type { Options } from '../cli/command.ts'
import { refusals } from './refusals.ts'
import { transferOptions } from './transfer-options.ts'

const SIGNED = 'sign with cosign or notation: what refers to an image is pushed and pulled with it'
const ENCRYPTED = 'encrypt the disk of the registry, or what is in the image'

const { options, refuse } = refusals({
  'encrypt-layer': ['value', ENCRYPTED],
  'encryption-key': ['value', ENCRYPTED],
  'remove-signatures': ['switch', 'signatures are images of their own, which refer to this one'],
  'sign-by': ['value', SIGNED],
  'sign-by-sigstore': ['value', SIGNED],
  'sign-by-sigstore-private-key': ['value', SIGNED],
  'sign-by-sq-fingerprint': ['value', SIGNED],
  'sign-passphrase-file': ['value', SIGNED],
})

export { refuse }

export const pushOptions = {
  ...transferOptions,
  ...options,
  compress: { type: 'boolean', describe: 'Accepted: layers are compressed when they travel', hidden: true },
  'compression-format': {
    type: 'string',
    value: 'FORMAT',
    complete: ['gzip', 'zstd'],
    describe: 'Send every layer compressed so (as stored; gzip for those stored plain)',
  },
  'compression-level': { type: 'integer', value: 'N', describe: 'How hard to compress: 1 to 9, zstd to 22' },
  digestfile: {
    type: 'string',
    value: 'FILE',
    complete: 'files',
    describe: 'Write the digest of what was pushed to this file',
  },
  'force-compression': {
    type: 'boolean',
    describe: 'Compress layers again that have the format already',
  },
  format: {
    type: 'string',
    short: 'f',
    value: 'FORMAT',
    complete: ['oci', 'v2s2'],
    describe: 'Send the manifest with the media types of oci or v2s2 (as stored)',
  },
} as const satisfies Options
