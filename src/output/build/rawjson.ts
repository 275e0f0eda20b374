/**
 * One JSON object a line, of the shape BuildKit's client has for its own raw mode (SolveStatus): `vertexes` that begin
 * and end, `logs` with base64 data, `statuses` for lines about the work, `warnings`.
 */

import type { BuildProgress, TaskProgress } from '../../build/progress.ts'
import { digestOf } from '../../platform/host/sha256.ts'

const streams = { stdout: 1, stderr: 2 } as const

export function rawJsonProgress(
  line: (text: string) => void,
  now: () => Date = () => new Date(),
): BuildProgress {
  const say = (value: object) => line(JSON.stringify(value))
  let count = 0
  const progress: BuildProgress = {
    expect: () => undefined,
    begin({ name }) {
      count += 1
      const digest = digestOf(`${count} ${name}`)
      const started = now().toISOString()
      const vertex = (more: object) => say({ vertexes: [{ digest, name, started, ...more }] })
      vertex({})
      let cached = false
      const task: TaskProgress = {
        output: (stream, chunk) =>
          say({
            logs: [
              {
                vertex: digest,
                stream: streams[stream],
                data: Buffer.from(chunk).toString('base64'),
                timestamp: now().toISOString(),
              },
            ],
          }),
        container: () => undefined,
        note: (text) =>
          say({ statuses: [{ id: text, vertex: digest, timestamp: now().toISOString(), started }] }),
        cached() {
          cached = true
        },
        done: () => vertex({ completed: now().toISOString(), ...(cached ? { cached } : {}) }),
        failed: (error) => vertex({ completed: now().toISOString(), error }),
      }
      return task
    },
    warn: (sentence) => say({ warnings: [{ level: 1, short: Buffer.from(sentence).toString('base64') }] }),
    built(id, names) {
      const task = progress.begin({ name: 'exporting to image' })
      task.note(`writing image ${id}`)
      for (const name of names) task.note(`naming to ${name}`)
      task.done()
    },
    end: async () => undefined,
  }
  return progress
}
