import { command } from '../cli/command.ts'
import { build } from '../operations/build.ts'
import { warningLines } from '../output/build/describe.ts'
import { openBuildProgress } from '../output/build/open.ts'
import { callOf, describe } from './build-call.ts'
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
    const call = callOf(options)
    if (call !== undefined) return await describe(call, request, context)
    const progress = openBuildProgress(context, options.quiet ? 'quiet' : options.progress)
    try {
      const { image, warnings } = await build(request, progress, context)
      await progress.end()
      if (!options.quiet) for (const line of warningLines(warnings)) context.out.note(line)
      const taken = request.outputs.some((output) => 'path' in output && output.path === '-')
      if (options.quiet && !taken) context.out.write(`${image.id}\n`)
      return 0
    } catch (error) {
      await progress.end()
      throw error
    }
  },
})
