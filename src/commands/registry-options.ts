/** Options of every command that talks to a registry: words only. */

import type { Options, Values } from '../cli/command.ts'
import type { Access } from '../platform/registry/access.ts'

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

/** For those that fetch or send something. */
export const accessOptions = {
  ...registryOptions,
  creds: { type: 'string', value: 'NAME:PASSWORD', describe: 'Name and password for this command only' },
  retry: { type: 'integer', value: 'N', describe: 'Further attempts when a registry stumbles (default 4)' },
  'retry-delay': {
    type: 'string',
    value: 'DURATION',
    describe: 'Time between attempts (default 0.25s, doubled each time)',
  },
} as const satisfies Options

/** What of a command's options is about the way to registries. */
export function accessOf(options: Values<typeof accessOptions>): Access {
  const { authfile, creds, retry } = options
  return {
    authfile,
    'cert-dir': options['cert-dir'],
    creds,
    'tls-verify': options['tls-verify'],
    retry,
    'retry-delay': options['retry-delay'],
  }
}
