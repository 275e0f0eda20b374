/** Options of `manifest add` and `annotate`. */
import type { Options } from '../cli/command.ts'

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
