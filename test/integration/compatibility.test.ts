/** What docs/compatibility.md says is so. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadCommand } from '../../src/commands/index.ts'
import { compatibilityPage, compatibilityRows } from '../compatibility/page.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const rows = await compatibilityRows()
const named = ({ command, flag }: { command: string; flag: string }) => `${command} --${flag}`

test('the page is the one we make', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/compatibility.md'), 'utf8')
  expect(page === (await compatibilityPage()), 'run scripts/compatibility').toBe(true)
})

test('no option that people use is unknown, and each that is honoured has a test', () => {
  expect(rows.filter(({ status }) => status === undefined).map(named)).toEqual([])
  expect(rows.filter(({ status, test }) => status === 'honoured' && test === undefined).map(named)).toEqual(
    [],
  )
})

test.each(rows.filter(({ status }) => status === 'refused'))(
  '$command --$flag is refused with a sentence that says what to do instead',
  async ({ command, flag }) => {
    const { options, arity } = await loadCommand(command)
    const kind = options[flag]?.type
    const given = kind === 'boolean' || kind === 'tristate' ? `--${flag}` : `--${flag}=1`
    const operands = Array.from({ length: Math.max(arity[0], Math.min(1, arity[1])) }, () => 'busybox')
    const { code, stderr } = await user.sampan([...command.split(' '), given, ...operands])
    expect(stderr).toMatch(/^Error: .* not supported\n\S/)
    expect(code).toBe(125)
  },
)
