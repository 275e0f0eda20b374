import { describe, expect, test } from 'vitest'
import {
  ellipsis,
  humanAgo,
  humanDuration,
  humanMemory,
  humanSize,
  humanTimestamp,
  shortId,
} from '../../../src/output/human.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test.each([
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [1500, '1.5kB'],
  [4_264_000, '4.26MB'],
  [72_900_000, '72.9MB'],
  [187_654_321, '188MB'],
  [999_950, '1MB'],
  [1_234_567_890, '1.23GB'],
  [5e12, '5TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(humanSize(bytes)).toBe(text)
})

test('totals have four digits, memory has binary units', () => {
  expect(humanSize(1_234_567_890, 4)).toBe('1.235GB')
  expect(humanMemory(512 * 1024 * 1024)).toBe('512MiB')
  expect(humanMemory(8_201_234_432)).toBe('7.638GiB')
})

test.each([
  [0, 'Less than a second'],
  [1 * SECOND, '1 second'],
  [59 * SECOND, '59 seconds'],
  [60 * SECOND, 'About a minute'],
  [2 * MINUTE, '2 minutes'],
  [59 * MINUTE, '59 minutes'],
  [60 * MINUTE, 'About an hour'],
  [90 * MINUTE, '2 hours'],
  [47 * HOUR, '47 hours'],
  [48 * HOUR, '2 days'],
  [13 * DAY, '13 days'],
  [14 * DAY, '2 weeks'],
  [59 * DAY, '8 weeks'],
  [60 * DAY, '2 months'],
  [729 * DAY, '24 months'],
  [730 * DAY, '2 years'],
])('%d ms are "%s"', (milliseconds, text) => {
  expect(humanDuration(milliseconds)).toBe(text)
})

describe('moments', () => {
  test('are told by how long ago they were', () => {
    const now = Date.parse('2026-11-22T10:05:00Z')
    expect(humanAgo('2026-11-22T10:00:00.123456789Z', now)).toBe('4 minutes ago')
  })

  test('that never were have no words', () => {
    expect(humanAgo('0001-01-01T00:00:00Z')).toBe('')
  })

  test('are printed with their zone', () => {
    expect(humanTimestamp('2026-11-22T10:00:00Z')).toMatch(/^2026-11-2\d \d\d:\d\d:00 [+-]\d{4} \S+$/)
  })
})

test('ids lose their algorithm and all but twelve digits', () => {
  expect(shortId(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123456789ab')
  expect(shortId('0123456789abcdef')).toBe('0123456789ab')
})

test('a text that is too long ends in …, cut between characters', () => {
  expect(ellipsis('sleep infinity', 20)).toBe('sleep infinity')
  expect(ellipsis('/docker-entrypoint.sh nginx', 20)).toBe('/docker-entrypoint.…')
  expect(ellipsis('🚢🚢🚢', 2)).toBe('🚢…')
})
