/** Name files of running containers change, and what programs wrote into them stays. */
import { expect, test } from 'vitest'
import { adjustLines } from '../../../src/networks/adjust-lines.ts'

const lines = (...text: string[]) => text.map((line) => `${line}\n`).join('')

test.each<[string, string[], string[], string[], string[]]>([
  ['nothing changed', ['a', 'b'], ['a'], ['a'], ['a', 'b']],
  ['a line goes, the program’s stay', ['a', 'mine', 'b'], ['a', 'b'], ['b'], ['mine', 'b']],
  ['a line comes to the place of the one that goes', ['a', 'b'], ['a'], ['c', 'd'], ['c', 'd', 'b']],
  ['a line comes to the end', ['a'], ['a'], ['a', 'b'], ['a', 'b']],
  ['one that the program took away is put back', ['mine'], ['a'], ['a'], ['mine', 'a']],
  [
    'an address of a name takes the place of its last one',
    ['127.0.0.1\tlocalhost', '10.0.0.2\tdb one', '10.0.0.9\tme'],
    ['127.0.0.1\tlocalhost', '10.0.0.3\tdb one'],
    ['127.0.0.1\tlocalhost', '10.0.0.3\tdb one'],
    ['127.0.0.1\tlocalhost', '10.0.0.3\tdb one', '10.0.0.9\tme'],
  ],
  [
    'both families have a localhost',
    ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost'],
    [],
    ['127.0.0.1\tlocalhost'],
    ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost'],
  ],
])('%s', (_, text, before, after, expected) => {
  expect(adjustLines(lines(...text), lines(...before), lines(...after))).toBe(lines(...expected))
})
