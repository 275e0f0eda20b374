import { describe, expect, test } from 'vitest'
import { filterBoolean, parseFilters } from '../../../src/operations/filters.ts'

const known = ['name', 'status', 'label', 'label!']

describe('filters', () => {
  test('of one key are alternatives, of different keys must all hold', () => {
    const filters = parseFilters(['name=a', 'name=b', 'status=running'], known)
    const passes = (name: string, status: string) =>
      filters.matches('name', (value) => value === name) &&
      filters.matches('status', (value) => value === status)
    expect(passes('a', 'running')).toBe(true)
    expect(passes('b', 'running')).toBe(true)
    expect(passes('c', 'running')).toBe(false)
    expect(passes('a', 'exited')).toBe(false)
  })

  test('that were not given hold for everything', () => {
    const filters = parseFilters([], known)
    expect(filters.has('name')).toBe(false)
    expect(filters.values('name')).toEqual([])
    expect(filters.matches('name', () => false)).toBe(true)
    expect(filters.matchesLabels(null)).toBe(true)
  })

  test.each([
    [['label=a'], { a: '' }, true],
    [['label=a'], { b: '' }, false],
    [['label=a=1'], { a: '1' }, true],
    [['label=a=1'], { a: '2' }, false],
    [['label=a=x=y'], { a: 'x=y' }, true],
    [['label=a', 'label=b'], { a: '' }, false],
    [['label=a', 'label=b'], { a: '', b: '' }, true],
    [['label!=a'], { a: '' }, false],
    [['label!=a=1'], { a: '2' }, true],
    [['label=a'], null, false],
  ])('%j on the labels %j: %s', (given, labels, expected) => {
    expect(parseFilters(given, known).matchesLabels(labels)).toBe(expected)
  })

  test('keep what stands after the first =, and forgive case and space in the key', () => {
    expect(parseFilters([' Name =a=b'], known).values('name')).toEqual(['a=b'])
  })

  test.each([
    ['name', 'bad format of filter (expected name=value)'],
    ['ship=x', "invalid filter 'ship'"],
  ])('"%s" is refused', (given, message) => {
    expect(() => parseFilters([given], known)).toThrow(message)
  })

  test('of yes or no have both words, and only them', () => {
    expect([filterBoolean('dangling', 'true'), filterBoolean('dangling', '0')]).toEqual([true, false])
    expect(() => filterBoolean('dangling', 'maybe')).toThrow("invalid filter 'dangling=[maybe]'")
  })
})
