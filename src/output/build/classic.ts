/** `Step 2/6 : RUN …`, as docker printed before BuildKit, and tutorials show. The ids are those of images as they grow. */
import type { BuildProgress, TaskProgress } from '../../build/progress.ts'
import { familiarName, parseReference } from '../../oci/reference.ts'
import { Lines } from './lines.ts'

const shortDigits = 12

/** @param line for standard output */
export function classicProgress(line: (text: string) => void): BuildProgress {
  let total = 0
  let count = 0
  return {
    expect(steps) {
      total = steps
    },
    begin({ step }) {
      if (step === undefined) return quietTask(line)
      count += 1
      // ONBUILD of a base image adds steps that nobody could count before.
      line(`Step ${count}/${Math.max(count, total)} : ${step.text.trim()}`)
      return stepTask(step.number === 1, line)
    },
    warn: (sentence) => line(`[Warning] ${sentence}`),
    built(id, names) {
      line(`Successfully built ${short(id)}`)
      for (const name of names) line(`Successfully tagged ${familiarName(parseReference(name))}`)
    },
    end: async () => undefined,
  }
}

function short(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, shortDigits)
}

/** Of what the engine does by itself only what a pull says is seen. */
function quietTask(line: (text: string) => void): TaskProgress {
  const nothing = () => undefined
  return { output: nothing, container: nothing, note: line, cached: nothing, done: nothing, failed: nothing }
}

function stepTask(isBase: boolean, line: (text: string) => void): TaskProgress {
  const lines = new Lines((_stream, text) => line(text))
  let container: string | undefined
  return {
    output: (stream, chunk) => lines.add(stream, chunk),
    container(id) {
      container = id
      line(` ---> Running in ${short(id)}`)
    },
    note: line,
    cached() {
      if (!isBase) line(' ---> Using cache')
    },
    done(result) {
      lines.end()
      if (container !== undefined) line(` ---> Removed intermediate container ${short(container)}`)
      if (result !== undefined) line(` ---> ${short(result)}`)
    },
    failed: () => lines.end(),
  }
}
