/** Options of every command that talks to a registry. */
import type { Options } from '../cli/command.ts'

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
  jobs: { type: 'integer', value: 'N', describe: 'How many layers travel at a time' },
} as const satisfies Options
