/** A build that failed, for a person: its last lines, the place in the Dockerfile, how to try again. */
import type { BuildFailure } from '../../build/failure.ts'
import type { Retry } from '../../operations/build/failed.ts'

const around = 2

export function failureLines(failure: BuildFailure, retry: Retry | undefined): string[] {
  const { output, task } = failure
  return [
    ...(output.length === 0 ? [] : ['------', ` > ${task}:`, ...output, '------']),
    ...excerpt(failure),
    ...(retry === undefined ? [] : retryLines(retry)),
  ]
}

/** The lines of the Dockerfile, those of the instruction marked. */
function excerpt({ dockerfile, location, place }: BuildFailure): string[] {
  const { path, lines } = dockerfile
  const first = Math.max(1, location.line - around)
  const last = Math.min(lines.length, location.endLine + around)
  const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  const rule = '--------------------'
  return [
    `${path}:${place.line}:${place.column}`,
    rule,
    ...numbers.map((number) => {
      const mark = number >= location.line && number <= location.endLine ? '>>>' : '   '
      return `${String(number).padStart(4)} | ${mark} ${lines[number - 1] ?? ''}`
    }),
    rule,
  ]
}

function retryLines({ again, missing, look }: Retry): string[] {
  return [
    'Try it again by hand:',
    `  ${again}`,
    ...missing.map((path) => `It had ${path}, too: mount a file of yours there, -v FILE:${path}`),
    ...(look === undefined ? [] : ['Look at what it left:', `  ${look}`]),
  ]
}
