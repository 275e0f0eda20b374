/** One line after another, each with the number of its task, as BuildKit prints where there is no terminal. */
import { type BuildProgress, canceled, type TaskProgress } from '../../build/progress.ts'
import { Lines } from './lines.ts'

export function plainProgress(
  line: (text: string) => void,
  now: () => number = () => performance.now(),
): BuildProgress {
  let count = 0
  /** The task that the last line was about: a change of it is shown by an empty line and its name again. */
  let last = 0
  const progress: BuildProgress = {
    expect: () => undefined,
    begin({ name }) {
      count += 1
      const number = count
      const began = now()
      const say = (text: string) => {
        if (last !== number) {
          if (last !== 0) line('')
          line(`#${number} ${name}`)
          last = number
        }
        if (text !== '') line(`#${number} ${text}`)
      }
      const seconds = (digits: number) => ((now() - began) / 1000).toFixed(digits)
      let wasCached = false
      const lines = new Lines((_stream, text) => say(`${seconds(3)} ${text}`))
      const task: TaskProgress = {
        output: (stream, chunk) => lines.add(stream, chunk),
        container: () => undefined,
        note: say,
        cached() {
          wasCached = true
          say('CACHED')
        },
        done() {
          lines.end()
          if (!wasCached) say(`DONE ${seconds(1)}s`)
        },
        failed(message) {
          lines.end()
          say(message === canceled ? 'CANCELED' : `ERROR: ${message}`)
        },
      }
      say('')
      return task
    },
    warn: (sentence) => line(`WARNING: ${sentence}`),
    built(id, names) {
      const task = progress.begin({ name: 'exporting to image' })
      task.note(`writing image ${id} done`)
      for (const name of names) task.note(`naming to ${name} done`)
      task.done()
    },
    end: async () => undefined,
  }
  return progress
}
