import { command } from '../cli/command.ts'
import { inspectManifest } from '../operations/manifest-inspect.ts'
import { manifestAccess, manifestAccessOf } from './manifest-options.ts'

export default command({
  names: [['manifest', 'inspect']],
  summary: 'Show a list that is here, or the manifest a registry has',
  operands: 'LIST|IMAGE',
  arity: [1, 1],
  complete: 'images',
  examples: ['app:1', 'debian:12'],
  options: {
    ...manifestAccess,
    verbose: { type: 'boolean', short: 'v', describe: 'What is listed, too, each with its descriptor' },
  },
  run: ({ operands, options }, context) =>
    inspectManifest({ operands, options: { ...options, access: manifestAccessOf(options) } }, context),
})
