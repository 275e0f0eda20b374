import { expect, test } from 'vitest'
import { failureFrom, parseEvent } from '../../../src/platform/helper/events.ts'

const failed = JSON.stringify({
  event: 'failed',
  step: 'mount overlay',
  on: '/upper',
  errno: 13,
  error: 'Permission denied',
  message: 'mount overlay /upper: Permission denied',
  hint: 'try vfs',
  exitCode: 126,
})

test.each([
  ['an event', '{"event":"started","pid":12}', { event: 'started', pid: 12 }],
  ['another object', '{"pid":12}', undefined],
  ['an event nobody knows', '{"event":"paused"}', undefined],
  ['words', 'Segmentation fault', undefined],
  ['half a line', '{"event":"star', undefined],
])('%s', (_, line, event) => {
  expect(parseEvent(line)).toEqual(event)
})

test('a failure keeps its message, hint and exit code', () => {
  expect(failureFrom('inside', `warning: x\n${failed}\n`, 125)).toMatchObject({
    message: 'mount overlay /upper: Permission denied',
    hint: 'try vfs',
    exitCode: 126,
    kind: 'helper',
  })
})

test.each([
  [139, '', 'the inside process ended without a word (exit status 139)'],
  ['SIGSEGV', 'last words\n', 'the inside process ended without a word (killed by SIGSEGV): last words'],
])('a helper that dies without an event (%s) is named', (status, output, message) => {
  expect(failureFrom('inside', output, status)).toMatchObject({ message, exitCode: 125 })
})
