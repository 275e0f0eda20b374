import { describe, expect, test, vi } from 'vitest'
import type { Progress } from '../../../src/operations/progress.ts'
import { jsonProgress } from '../../../src/output/progress/json.ts'
import { type Canvas, liveProgress, type Scene } from '../../../src/output/progress/live.ts'
import { progressMode } from '../../../src/output/progress/open.ts'
import { plainProgress } from '../../../src/output/progress/plain.ts'
import { Rate, timeLeft } from '../../../src/output/progress/rate.ts'

const parts = [
  { key: 'sha256:a', label: 'aaa', size: 1000 },
  { key: 'sha256:b', label: 'bbb', size: 500 },
]

/** One layer that is here, one that comes. */
async function pull(progress: Progress): Promise<void> {
  progress.note('1: Pulling from app')
  progress.parts(parts)
  progress.tell('sha256:a', 'skipped', 'Already exists', 1000)
  progress.tell('sha256:b', 'waiting', 'Pulling fs layer', 0)
  for (const bytes of [100, 200, 300]) progress.tell('sha256:b', 'moving', 'Downloading', bytes)
  progress.tell('sha256:b', 'working', 'Download complete', 500)
  progress.tell('sha256:b', 'done', 'Pull complete', 500)
  await progress.end()
}

describe('plain progress', () => {
  test('says each word once and nothing of bytes', async () => {
    const lines: string[] = []
    await pull(plainProgress((line) => lines.push(line)))
    expect(lines).toEqual([
      '1: Pulling from app',
      'aaa: Already exists',
      'bbb: Pulling fs layer',
      'bbb: Download complete',
      'bbb: Pull complete',
    ])
  })
})

describe('JSON progress', () => {
  test('is one object a line, with bytes, at most ten a second a part', async () => {
    const lines: string[] = []
    let clock = 0
    const progress = jsonProgress(
      (line) => lines.push(line),
      () => clock,
    )
    progress.parts(parts)
    for (clock = 0; clock < 250; clock += 10) progress.tell('sha256:b', 'moving', 'Downloading', clock)
    progress.note('Digest: sha256:00')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      ...[0, 100, 200].map((current) => ({
        status: 'Downloading',
        progressDetail: { current, total: 500 },
        id: 'bbb',
      })),
      { status: 'Digest: sha256:00' },
    ])
  })
})

describe('live progress', () => {
  function watched() {
    const lines: string[] = []
    const scenes: Scene[] = []
    const canvas: Canvas = {
      draw: (scene) => scenes.push(structuredClone(scene)),
      close: async () => undefined,
    }
    let opened = 0
    const progress = liveProgress(
      (line) => lines.push(line),
      async () => {
        opened += 1
        return canvas
      },
    )
    return { lines, scenes, progress, opened: () => opened }
  }

  test('of short work loads nothing and leaves the lines of its end', async () => {
    const { lines, scenes, progress, opened } = watched()
    await pull(progress)
    expect(lines).toEqual(['1: Pulling from app', 'aaa: Already exists', 'bbb: Pull complete'])
    expect({ opened: opened(), scenes }).toEqual({ opened: 0, scenes: [] })
  })

  test('draws ten frames a second, however often it is told, and a last one', async () => {
    vi.useFakeTimers()
    try {
      const { scenes, progress } = watched()
      progress.parts(parts)
      for (let moved = 0; moved < 100; moved += 1) {
        progress.tell('sha256:b', 'moving', 'Downloading', moved)
        await vi.advanceTimersByTimeAsync(10)
      }
      expect(scenes.length).toBeGreaterThan(5)
      expect(scenes.length).toBeLessThanOrEqual(8)
      progress.tell('sha256:b', 'done', 'Pull complete', 500)
      await progress.end()
      expect(scenes.at(-1)?.rows[1]).toMatchObject({ word: 'Pull complete', bytes: 500 })
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('counts for its speed only what came now', async () => {
    vi.useFakeTimers()
    try {
      const { scenes, progress } = watched()
      progress.parts([{ key: 'k', label: 'k', size: 10_000 }])
      progress.tell('k', 'moving', 'Downloading', 5000)
      for (let bytes = 5000; bytes <= 6000; bytes += 100) {
        progress.tell('k', 'moving', 'Downloading', bytes)
        await vi.advanceTimersByTimeAsync(100)
      }
      const { rate = 0 } = scenes.at(-1) ?? {}
      expect(rate).toBeGreaterThan(800)
      expect(rate).toBeLessThan(1200)
    } finally {
      vi.useRealTimers()
    }
  })
})

test('the speed is that of the last five seconds', () => {
  const rate = new Rate()
  expect(rate.perSecond).toBeUndefined()
  for (let at = 0; at <= 10_000; at += 100) rate.note(at, at * 10)
  expect(rate.perSecond).toBeCloseTo(10_000)
  for (let at = 10_100; at <= 16_000; at += 100) rate.note(at, 100_000)
  expect(rate.perSecond).toBe(0)
})

test.each([
  [0.2, '1s'],
  [59, '59s'],
  [60, '1m00s'],
  [125, '2m05s'],
  [3780, '1h03m'],
])('%f seconds left are %s', (seconds, text) => {
  expect(timeLeft(seconds)).toBe(text)
})

test('--quiet is --progress=quiet, and other kinds are refused by name', () => {
  expect(progressMode('json', false)).toBe('json')
  expect(progressMode('auto', true)).toBe('quiet')
  expect(() => progressMode('fancy', false)).toThrow("invalid value 'fancy' for --progress")
})
