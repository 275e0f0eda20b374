import { describe, expect, test } from 'vitest'
import type { Context } from '../../../src/cli/context.ts'
import { type ListOptions, printList } from '../../../src/output/list.ts'
import { layOutTable } from '../../../src/output/table.ts'
import type { View } from '../../../src/output/view.ts'

interface Boat {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

const view: View<Boat> = {
  fields: {
    ID: { heading: 'BOAT ID', value: ({ id }, { truncate }) => (truncate ? id.slice(0, 4) : id) },
    Name: { heading: 'NAME', value: ({ name }) => name },
    Labels: {
      heading: 'LABELS',
      value: ({ labels }) =>
        Object.entries(labels)
          .map((pair) => pair.join('='))
          .join(','),
    },
    Length: { heading: 'LENGTH', value: ({ name }) => name.length, inJson: false },
  },
  methods: { Label: ({ labels }, key) => labels[key] ?? '' },
}
const boats: Boat[] = [
  { id: '0123456789', name: 'agile', labels: { 'com.example.crew': '2' } },
  { id: 'abcdef0123', name: 'a-very-long-name-of-a-boat', labels: {} },
]

function print(options: Partial<ListOptions>, items = boats, dialect: Context['dialect'] = 'sampan') {
  const printed = { out: '', notes: '' }
  const out = {
    terminal: false,
    columns: 80,
    closed: false,
    write(text: string) {
      printed.out += text
    },
    note(line: string) {
      printed.notes += `${line}
`
    },
  }
  printList(view, items, { format: undefined, columns: ['ID', 'Name', 'Labels'], ...options }, {
    dialect,
    out,
  } as Context)
  return printed
}

describe('a table', () => {
  test('has columns of at least ten, three spaces between them, and no space at the end of a line', () => {
    expect(print({}).out).toBe(
      'BOAT ID   NAME                         LABELS\n' +
        '0123      agile                        com.example.crew=2\n' +
        'abcd      a-very-long-name-of-a-boat   \n',
    )
  })

  test('without rows is its heading', () => {
    expect(print({}, []).out).toBe('BOAT ID   NAME      LABELS\n')
  })

  test('may go without its heading', () => {
    expect(print({ noHeading: true }, boats.slice(0, 1)).out).toBe('0123      agile     com.example.crew=2\n')
    expect(print({ noHeading: true }, []).out).toBe('')
  })

  test('shows whole values where asked', () => {
    expect(print({ noTrunc: true }).out).toContain('\nabcdef0123   a-very')
  })

  test('of a template takes its headings from the fields', () => {
    expect(
      print({ format: 'table {{.Name}}\\t{{.Label "com.example.crew-size"}}\\t{{upper .ID}}' }).out,
    ).toBe(
      'NAME                         crew size   BOAT ID\n' +
        'agile                                    0123\n' +
        'a-very-long-name-of-a-boat               ABCD\n',
    )
  })
})

describe('other formats', () => {
  test('a template gives a line for each object', () => {
    expect(print({ format: '{{.ID}}\\t{{.Length}}' }).out).toBe('0123\t5\nabcd\t26\n')
  })

  test('json gives an object a line, with the fields in order', () => {
    expect(print({ format: 'json' }).out).toBe(
      '{"ID":"0123","Labels":"com.example.crew=2","Name":"agile"}\n' +
        '{"ID":"abcd","Labels":"","Name":"a-very-long-name-of-a-boat"}\n',
    )
    expect(print({ format: '{{json .}}' }).out).toBe(print({ format: 'json' }).out)
  })

  test.each([
    ['json-array', 'sampan'],
    ['json', 'podman'],
  ] as const)('%s for %s is one array', (format, dialect) => {
    expect(JSON.parse(print({ format }, boats, dialect).out)).toHaveLength(2)
  })

  test('-q gives ids, and gives way to a template unless the list says otherwise', () => {
    expect(print({ quiet: true }).out).toBe('0123\nabcd\n')
    expect(print({ quiet: true, noTrunc: true }).out).toBe('0123456789\nabcdef0123\n')
    expect(print({ quiet: true, format: '{{.Name}}' }, boats.slice(0, 1)).out).toBe('agile\n')
    const both = print({ quiet: true, quietWins: true, format: '{{.Name}}' })
    expect(both.out).toBe('0123\nabcd\n')
    expect(both.notes).toContain('Ignoring custom format')
  })

  test('an unknown field is an error that lists the known ones', () => {
    expect(() => print({ format: '{{.Nope}}' })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('template: :1:2: executing "" at <.Nope>: '),
        exitCode: 1,
        hint: 'Fields here: .ID .Labels .Name',
      }),
    )
  })
})

test('a column ends where a line has no cell for it', () => {
  expect(layOutTable('a\tb\tc\nnothing\nlonger than ten\tb\tc\n')).toBe(
    'a         b         c\nnothing\nlonger than ten   b         c\n',
  )
})
