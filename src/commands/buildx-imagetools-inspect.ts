import { command } from '../cli/command.ts'
import { formatted, remoteImage } from '../operations/remote-image.ts'
import { remoteImageText } from '../output/remote-image-view.ts'
import { compileTemplate } from '../output/template/index.ts'
import { accessOf, accessOptions } from './registry-options.ts'

export default command({
  names: [['buildx', 'imagetools', 'inspect']],
  summary: 'Show an image of a registry, with its platforms and attestations',
  operands: 'NAME',
  arity: [1, 1],
  examples: ['debian:12', '--raw debian:12', "--format '{{json .Provenance}}' localhost:5000/app"],
  options: {
    ...accessOptions,
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
    format: {
      type: 'string',
      describe: 'A Go template: .Name .Manifest .Image .Provenance .SBOM',
      value: 'TEMPLATE',
    },
    raw: { type: 'boolean', describe: 'The manifest byte for byte' },
  },
  run: async ({ operands: [name = ''], options }, context) => {
    using held = new DisposableStack()
    const image = await remoteImage(name, accessOf(options), held, context)
    const { format, raw } = options
    if (raw) context.out.write(image.text)
    else if (format === undefined) context.out.write(remoteImageText(image))
    else context.out.write(`${compileTemplate(format)(await formatted(image, format))}\n`)
    return 0
  },
})
