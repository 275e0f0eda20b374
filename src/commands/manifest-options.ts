/** Options that the `manifest` commands share. */
import type { Options, Values } from '../cli/command.ts'
import type { Access } from '../platform/registry/access.ts'
import { accessOf, accessOptions } from './registry-options.ts'

/** Of `add` and `annotate`. */
export const entryOptions = {
  annotation: {
    type: 'list',
    value: 'NAME=VALUE',
    describe: 'Add an annotation to the entry',
  },
  arch: { type: 'string', value: 'ARCH', describe: 'The architecture the entry is listed under' },
  os: { type: 'string', value: 'OS', describe: 'The operating system the entry is listed under' },
  variant: { type: 'string', value: 'VARIANT', describe: 'The variant the entry is listed under' },
} as const satisfies Options

/** Of those that may ask a registry. */
export const manifestAccess = {
  ...accessOptions,
  insecure: { type: 'boolean', describe: 'As --tls-verify=false' },
} as const satisfies Options

/** Of `create` and `add`: images that are not here are pulled. */
export const bringingOptions = {
  ...manifestAccess,
  all: { type: 'boolean', describe: 'Of an image that has to be pulled, add all platforms' },
} as const satisfies Options

export function manifestAccessOf(options: Values<typeof manifestAccess>): Access {
  const access = accessOf(options)
  return options.insecure ? { ...access, 'tls-verify': false } : access
}
