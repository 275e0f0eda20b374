/** Options that several commands on containers share. */
import type { Options } from '../cli/command.ts'

/** For commands that take one container or several. */
export const latest = { type: 'boolean', short: 'l', describe: 'The container made last' } as const

export const selectionOptions = {
  all: { type: 'boolean', short: 'a', describe: 'All containers' },
  cidfile: {
    type: 'list',
    describe: 'Read the container id from this file',
    value: 'FILE',
    complete: 'files',
  },
  filter: { type: 'list', short: 'f', describe: 'Only containers that match', value: 'KEY=VALUE' },
  latest,
} as const satisfies Options

export const attachOptions = {
  'detach-keys': {
    type: 'string',
    describe: 'Keys that leave without stopping it (default ctrl-p,ctrl-q)',
    value: 'KEYS',
  },
  'sig-proxy': { type: 'boolean', default: true, describe: 'Pass signals on to the program' },
} as const satisfies Options

export const stopOptions = {
  signal: {
    type: 'string',
    short: 's',
    describe: 'Signal to send first',
    value: 'SIGNAL',
    complete: 'signals',
  },
  timeout: {
    type: 'integer',
    short: 't',
    aliases: ['time'],
    describe: 'Seconds until SIGKILL, -1 waits for ever (default 10)',
  },
} as const satisfies Options
