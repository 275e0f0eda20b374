/** The build check of what COPY and ADD cannot find because .dockerignore hides it. Pure. */
import type { Dockerfile } from '../dockerfile/types.ts'
import type { LintInput } from './lint.ts'
import type { Warning } from './types.ts'

export function copyChecks({ stages }: Dockerfile, { isIgnored }: LintInput): Warning[] {
  if (isIgnored === undefined) return []
  return stages
    .flatMap((stage) => stage.instructions)
    .flatMap((instruction) => {
      if (instruction.name !== 'COPY' && instruction.name !== 'ADD') return []
      if (instruction.name === 'COPY' && instruction.from !== undefined) return []
      return instruction.sources
        .filter((source) => !/[$*?[]|^https?:|^git@|^git:/.test(source))
        .filter((source) => isIgnored(source.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')))
        .map((source): Warning => {
          const verb = instruction.name === 'COPY' ? 'Copy' : 'Add'
          const detail = `Attempting to ${verb} file ${JSON.stringify(source)} that is excluded by .dockerignore`
          return { rule: 'CopyIgnoredFile', detail, location: instruction.location }
        })
    })
}
