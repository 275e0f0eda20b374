/**
 * The live picture of a terminal: its state, and when it is drawn. ink and react take 80 ms to load, so work that is
 * over before the first frame is due never loads them; it leaves the lines that the last frame would have had.
 */
import type { Part, Progress, Stage } from '../../operations/progress.ts'
import { Rate } from './rate.ts'

export interface Row extends Part {
  readonly stage: Stage
  readonly word: string
  readonly bytes: number
}

/** What one frame shows. */
export interface Scene {
  readonly rows: readonly Row[]
  /** Bytes a second; undefined while there is nothing to tell it from. */
  readonly rate: number | undefined
}

/** Draws frames in place of each other. */
export interface Canvas {
  draw(scene: Scene): void
  /** Leaves the last frame standing and gives the terminal back. */
  close(): Promise<void>
}

const firstFrame = 300
/** However fast bytes arrive. */
const frameInterval = 100
/** A frame of n ms is followed by 60 n ms without one: drawing takes less than 2 % of the time, on any machine. */
const restPerFrame = 60

/**
 * @param line prints a line where no picture stands
 * @param open loads what draws
 */
export function liveProgress(line: (text: string) => void, open: () => Promise<Canvas>): Progress {
  const rows = new Map<string, { -readonly [K in keyof Row]: Row[K] }>()
  const rate = new Rate()
  /** Per part: what had come in earlier attempts, which says nothing about today's speed. */
  const before = new Map<string, number>()
  let canvas: Promise<Canvas> | undefined
  let timer: NodeJS.Timeout | undefined
  let ended = false

  const moved = () => {
    let sum = 0
    for (const [key, start] of before) sum += (rows.get(key)?.bytes ?? start) - start
    return sum
  }
  const scene = (): Scene => {
    rate.note(performance.now(), moved())
    return { rows: [...rows.values()], rate: rate.perSecond }
  }
  const begin = async () => {
    canvas = open()
    const drawing = await canvas
    if (ended) return
    const frame = () => {
      const began = performance.now()
      drawing.draw(scene())
      timer = setTimeout(frame, Math.max(frameInterval, (performance.now() - began) * restPerFrame))
    }
    frame()
  }
  return {
    note: line,
    parts(parts) {
      for (const part of parts) rows.set(part.key, { ...part, stage: 'waiting', word: 'Waiting', bytes: 0 })
      rate.note(performance.now(), moved())
      timer ??= setTimeout(() => void begin(), firstFrame)
    },
    tell(key, stage, word, bytes) {
      const row = rows.get(key)
      if (row === undefined) return
      if (stage === 'moving' && !before.has(key)) before.set(key, bytes)
      row.stage = stage
      row.word = word
      row.bytes = bytes
    },
    async end() {
      if (ended) return
      ended = true
      clearTimeout(timer)
      if (canvas === undefined) {
        for (const { label, word } of rows.values()) line(`${label}: ${word}`)
        return
      }
      const drawing = await canvas
      drawing.draw(scene())
      await drawing.close()
    },
  }
}
