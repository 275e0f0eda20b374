/** What a list or an object looks like does not depend on who reads it: the same bytes on a terminal and in a pipe. */
import { beforeAll, describe, expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

beforeAll(async () => {
  const loud = 'echo one; echo two >&2; echo a line that is longer than the terminal is wide; touch /new'
  await user.ok(['run', '--name', 'ended', '--network', 'none', '-l', 'a=b', image, 'sh', '-c', loud])
  await user.ok(['create', '--name', 'second', '-v', 'data:/data', '-p', '127.0.0.1:1234:80', image])
  await user.ok(['commit', 'ended', 'committed'])
}, 60_000)

describe.each([24, 200])('on a terminal of %d columns:', (columns) => {
  test.each([
    ['ps', '-a', '--format', 'table {{.ID}}\t{{.Names}}\t{{.Command}}\t{{.Ports}}\t{{.Mounts}}'],
    ['ps', '-a', '--no-trunc', '--format', '{{json .Names}} {{.Command}} {{.CreatedAt}}'],
    ['images', '--format', 'table {{.Repository}}\t{{.ID}}\t{{.Size}}'],
    ['images', '--no-trunc', '-q'],
    ['history', '--format', '{{.ID}} {{.CreatedBy}} {{.Size}}', 'committed'],
    ['volume', 'ls'],
    ['network', 'ls'],
    ['system', 'df'],
    ['stats', '--no-stream', 'ended'],
    ['inspect', 'ended'],
    ['inspect', '-f', '{{json .Config}}', 'ended'],
    ['image', 'inspect', 'committed'],
    ['volume', 'inspect', 'data'],
    ['network', 'inspect', 'bridge'],
    ['diff', 'ended'],
    ['port', 'second'],
    ['events', '--since', '0', '--until', '2001-01-01'],
    ['logs', 'ended'],
    ['info', '--format', '{{json .Plugins}}'],
    ['inspect', 'nobody'],
    ['ps', '--nonsense'],
  ])('%s %s', async (...words) => {
    const piped = await user.sampan(words)
    using terminal = user.terminal(words, { columns, rows: 24 })
    const code = await terminal.exited()
    const shown = terminal.screen.replaceAll('\r\n', '\n')
    expect({ code, lines: shown.split('\n').sort() }).toEqual({
      code: piped.code,
      // Both streams are one on a terminal, in whichever order they came.
      lines: [...piped.stdout.split('\n'), ...piped.stderr.split('\n').slice(0, -1)].sort(),
    })
  })
})
