import { command } from '../cli/command.ts'
import { build } from '../operations/build.ts'
import { openBuildProgress } from '../output/build/open.ts'
import { buildOptions } from './build-options.ts'
import { buildRequest } from './build-request.ts'

export default command({
  names: [['build'], ['builder', 'build'], ['buildx', 'build'], ['image', 'build']],
  summary: 'Build an image from a Dockerfile',
  operands: 'PATH|URL|-',
  arity: [0, 1],
  complete: 'directories',
  examples: ['-t web:1.0 .', '-f Dockerfile.dev --target test .', '--build-arg VERSION=2 -t app .'],
  options: buildOptions,
  run: async ({ options, operands }, context) => {
    const request = buildRequest(options, operands, context)
    const progress = openBuildProgress(context, options.quiet ? 'quiet' : options.progress)
    try {
      const { image } = await build(request, progress, context)
      await progress.end()
      if (options.quiet) context.out.write(`${image.id}\n`)
      return 0
    } catch (error) {
      await progress.end()
      throw error
    }
  },
})
