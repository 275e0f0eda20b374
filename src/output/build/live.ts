/**
 * The live picture of a build: steps beside each other with their times, the last lines of those that run. Its state, and
 * when it is drawn; ink takes 80 ms to load, so a build that is over before the first frame never loads it.
 */
import { type BuildProgress, canceled, type TaskProgress } from '../../build/progress.ts'
import { Lines } from './lines.ts'

export interface LiveTask {
  readonly name: string
  readonly state: 'running' | 'cached' | 'done' | 'canceled' | 'failed'
  readonly seconds: number
  /** The last lines of one that runs. */
  readonly lines: readonly string[]
}

export interface LiveScene {
  readonly seconds: number
  readonly finished: number
  readonly expected: number
  readonly tasks: readonly LiveTask[]
}

/** Draws frames in place of each other. */
export interface BuildCanvas {
  draw(scene: LiveScene): void
  /** Leaves the last frame standing and gives the terminal back. */
  close(): Promise<void>
}

const firstFrame = 300
const frameInterval = 100
/** A frame of n ms is followed by 60 n ms without one: drawing takes less than 2 % of the time. */
const restPerFrame = 60
/** A picture that stands still for longer looks like a build that does. */
const longestRest = 1000
const shownLines = 4

interface Entry {
  readonly name: string
  readonly began: number
  readonly lines: string[]
  state: LiveTask['state']
  ended: number | undefined
}

/**
 * @param line prints a line where no picture stands
 * @param open loads what draws
 */
export function liveProgress(line: (text: string) => void, open: () => Promise<BuildCanvas>): BuildProgress {
  const entries: Entry[] = []
  const began = performance.now()
  let expected = 0
  let canvas: Promise<BuildCanvas> | undefined
  let timer: NodeJS.Timeout | undefined
  let ended = false
  const notes: string[] = []

  const scene = (): LiveScene => ({
    seconds: (performance.now() - began) / 1000,
    finished: entries.filter(({ state }) => state !== 'running').length,
    expected: Math.max(expected, entries.length),
    tasks: entries.map(({ name, state, began: start, ended: end, lines }) => ({
      name,
      state,
      seconds: ((end ?? performance.now()) - start) / 1000,
      lines: state === 'running' ? lines.slice(-shownLines) : [],
    })),
  })
  const begin = async () => {
    canvas = open()
    const drawing = await canvas
    const frame = () => {
      if (ended) return
      const start = performance.now()
      drawing.draw(scene())
      const rest = Math.min((performance.now() - start) * restPerFrame, longestRest)
      timer = setTimeout(frame, Math.max(frameInterval, rest))
    }
    frame()
  }
  timer = setTimeout(() => void begin(), firstFrame)

  const close = (entry: Entry, state: LiveTask['state']) => {
    entry.state = entry.state === 'cached' ? 'cached' : state
    entry.ended = performance.now()
  }
  return {
    expect(steps) {
      expected = steps
    },
    begin({ name }) {
      const entry: Entry = { name, began: performance.now(), lines: [], state: 'running', ended: undefined }
      entries.push(entry)
      const keep = (text: string) => {
        entry.lines.push(text)
        if (entry.lines.length > shownLines) entry.lines.shift()
      }
      const lines = new Lines((_stream, text) => keep(text))
      const task: TaskProgress = {
        output: (stream, chunk) => lines.add(stream, chunk),
        container: () => undefined,
        note: keep,
        cached() {
          entry.state = 'cached'
        },
        done: () => close(entry, 'done'),
        failed: (message) => close(entry, message === canceled ? 'canceled' : 'failed'),
      }
      return task
    },
    warn: (sentence) => notes.push(`WARNING: ${sentence}`),
    built(id, names) {
      notes.push(`writing image ${id}`, ...names.map((name) => `naming to ${name}`))
    },
    async end() {
      if (ended) return
      ended = true
      clearTimeout(timer)
      const last = scene()
      if (canvas === undefined) for (const text of sceneLines(last)) line(text)
      else {
        const drawing = await canvas
        drawing.draw(last)
        await drawing.close()
      }
      for (const note of notes) line(` => ${note}`)
    },
  }
}

/** What stands before the name of a step. */
export const stateWords = {
  running: '',
  cached: 'CACHED ',
  done: '',
  canceled: 'CANCELED ',
  failed: 'ERROR ',
} as const

/** The picture as lines, top first. */
export function sceneLines({ seconds, finished, expected, tasks }: LiveScene): string[] {
  return [
    `[+] Building ${seconds.toFixed(1)}s (${finished}/${Math.max(expected, finished)})`,
    ...tasks.flatMap((task) => [
      ` => ${stateWords[task.state]}${task.name}  ${task.seconds.toFixed(1)}s`,
      ...task.lines.map((text) => ` => => # ${text}`),
    ]),
  ]
}
