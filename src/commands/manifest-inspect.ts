import { command } from '../cli/command.ts'
import { inspectManifest } from '../operations/manifest.ts'
import { refusedOptions, refuseOptions, registryOptions } from './registry-options.ts'

export default command({
  names: [['manifest', 'inspect']],
  summary: 'Show a list that is here, or the manifest a registry has',
  operands: 'LIST|IMAGE',
  arity: [1, 1],
  complete: 'images',
  examples: ['app:1', 'debian:12'],
  options: {
    ...refusedOptions('manifest inspect'),
    ...registryOptions,
    creds: { type: 'string', value: 'NAME:PASSWORD', describe: 'Name and password for this command only' },
  },
  run: (input, context) => {
    refuseOptions('manifest inspect', input.options)
    return inspectManifest(input, context)
  },
})
