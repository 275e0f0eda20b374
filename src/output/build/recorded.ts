/** Listens to a build for the record that is kept of it. */
import type { BuildProgress } from '../../build/progress.ts'
import { plainProgress } from './plain.ts'

export interface Recorded {
  /** Tells the one it was made of, and remembers. */
  readonly progress: BuildProgress
  /** Plain lines; of a long build the last. */
  log(): string
  /** Steps of the Dockerfile that were begun, and how many of them were there already. */
  counts(): { readonly steps: number; readonly cachedSteps: number }
}

/** Characters: what is kept of the words of one build. */
const longestLog = 1 << 20

export function recordProgress(shown: BuildProgress): Recorded {
  const lines: string[] = []
  let [length, steps, cachedSteps] = [0, 0, 0]
  const plain = plainProgress((line) => {
    lines.push(line)
    length += line.length + 1
    while (length > longestLog) length -= (lines.shift()?.length ?? 0) + 1
  })
  const both = [shown, plain]
  const progress: BuildProgress = {
    expect: (count) => shown.expect(count),
    begin(task) {
      if (task.step !== undefined) steps += 1
      const tasks = both.map((one) => one.begin(task))
      return {
        output: (stream, chunk) => tasks.forEach((one) => void one.output(stream, chunk)),
        container: (id) => tasks.forEach((one) => void one.container(id)),
        note: (line) => tasks.forEach((one) => void one.note(line)),
        cached() {
          if (task.step !== undefined) cachedSteps += 1
          for (const one of tasks) one.cached()
        },
        done: (result) => tasks.forEach((one) => void one.done(result)),
        failed: (message) => tasks.forEach((one) => void one.failed(message)),
      }
    },
    warn: (sentence) => both.forEach((one) => void one.warn(sentence)),
    built: (id, names) => both.forEach((one) => void one.built(id, names)),
    end: () => shown.end(),
  }
  return {
    progress,
    log: () => lines.map((line) => `${line}\n`).join(''),
    counts: () => ({ steps, cachedSteps }),
  }
}
