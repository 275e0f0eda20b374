import { readFileSync } from 'node:fs'
import { command } from '../cli/command.ts'
import { usage } from '../errors.ts'
import { combineImages } from '../operations/combine-images.ts'
import { accessOf, accessOptions } from './registry-options.ts'

export default command({
  names: [['buildx', 'imagetools', 'create']],
  summary: 'Make a list of images that are in registries, or copy one',
  operands: 'SOURCE...',
  arity: [0, Number.POSITIVE_INFINITY],
  examples: ['-t localhost:5000/app:1 localhost:5000/app:amd64 localhost:5000/app:arm64'],
  options: {
    ...accessOptions,
    annotation: { type: 'list', describe: 'Add an annotation to the list', value: 'KEY=VALUE' },
    append: { type: 'boolean', describe: 'Keep what the list has already' },
    builder: { type: 'string', describe: 'Accepted: there is one builder', value: 'NAME', hidden: true },
    'dry-run': { type: 'boolean', describe: 'Print the list and push nothing' },
    file: { type: 'list', short: 'f', describe: 'Read sources from a file, one a line', value: 'FILE' },
    platform: { type: 'list', short: 'p', describe: 'Only these platforms', value: 'OS/ARCH' },
    'prefer-index': { type: 'tristate', describe: 'Accepted: a list is made', hidden: true },
    progress: { type: 'string', describe: 'Accepted: little is moved', value: 'MODE', hidden: true },
    tag: { type: 'list', short: 't', describe: 'Name of the list', value: 'NAME[:TAG]' },
  },
  run: async ({ operands, options }, context) => {
    const listed = options.file.flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    const sources = [...operands, ...listed.map((line) => line.trim()).filter((line) => line !== '')]
    const dryRun = options['dry-run']
    if (sources.length === 0 && !options.append)
      throw usage('no sources were given', 'name images of a registry')
    if (options.tag.length === 0 && !dryRun) throw usage('the list has no name', 'give it one: -t NAME')
    const text = await combineImages(
      {
        sources,
        targets: options.tag,
        annotations: options.annotation.map((word) => word.replace(/^index:/, '')),
        append: options.append,
        platforms: options.platform.flatMap((words) => words.split(',')),
        dryRun,
        access: accessOf(options),
      },
      context,
    )
    if (dryRun) context.out.write(`${text}\n`)
    return 0
  },
})
