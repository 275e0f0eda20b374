/** `--dry-run` of every command that deletes: it says what would go, and nothing on disk changes. */
import { beforeAll, expect, test } from 'vitest'
import { commands, loadCommand } from '../../src/commands/index.ts'
import { busybox } from '../support/images.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)

/** One of everything that can go. */
beforeAll(async () => {
  await user.ok(['tag', image, 'extra:1'])
  await user.ok(['network', 'create', 'net'])
  await user.ok(['volume', 'create', 'data'])
  await user.ok(['secret', 'create', 'password', '-'], { input: 'x' })
  await user.ok(['create', '--name', 'stopped', '-v', '/anonymous', '--network', 'none', image, 'true'])
  await user.ok(['manifest', 'create', 'list:1', 'extra:1'])
  await user.ok(['image', 'mount', image])
  user.file('context/Dockerfile', `FROM ${image}\nRUN --mount=type=cache,target=/c echo 1 > /made\n`)
  await user.ok(['build', '-q', `${user.folder}/context`])
})

/** Every file and folder of the store with its size, but for what says what happened. */
async function everything(): Promise<string[]> {
  const { stdout } = await user.run(['find', user.root, '-printf', '%P %s %i\\n'])
  return stdout
    .split('\n')
    .filter((line) => !/^events\.|\.lock \d|^ /.test(line))
    .sort()
}

const words: readonly (readonly string[])[] = [
  ['builder', 'prune', '-a'],
  ['container', 'prune'],
  ['image', 'prune', '-a', '--build-cache'],
  ['image', 'unmount', '--all'],
  ['manifest', 'rm', 'list:1'],
  ['network', 'prune'],
  ['network', 'rm', 'net'],
  ['rm', '-v', 'stopped'],
  ['rmi', '-f', 'extra:1'],
  ['secret', 'rm', 'password'],
  ['system', 'prune', '-a', '--volumes', '--build', '--external'],
  ['system', 'reset'],
  ['untag', 'extra:1'],
  ['volume', 'prune', '-a'],
  ['volume', 'rm', 'data'],
]

test.each(words)('%s %s %s', async (...given) => {
  const before = await everything()
  const { code, stdout } = await user.sampan([...given, '--dry-run'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/would|reclaimable/i) })
  expect(await everything()).toEqual(before)
})

test('no command that removes is without', async () => {
  const removing: string[] = []
  for (const name of Object.keys(commands)) {
    const { names, summary, options } = await loadCommand(name)
    if (!summary.startsWith('Remove') || names[0]?.join(' ') !== name) continue
    removing.push(name)
    expect(Object.keys(options), name).toContain('dry-run')
  }
  const tried = words.map((given) => given.join(' '))
  for (const name of removing)
    expect(
      tried.some((line) => line.startsWith(name)),
      name,
    ).toBe(true)
})
