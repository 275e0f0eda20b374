/** Two commands on one container at the same moment: one wins, the other says why, nothing is half-done. */
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import type { Result } from '../support/process.ts'
import { testUser } from '../support/user.ts'

const user = testUser()
const image = busybox(user)
const ROUNDS = 4
const sleep = ['sh', '-c', 'trap "exit 0" TERM; sleep 60 & wait']

/** What must be true after any pair. */
async function sane(name: string): Promise<string> {
  const { code, stdout } = await user.sampan(['inspect', '-f', '{{.State.Status}} {{.State.Pid}}', name])
  if (code !== 0) return 'gone'
  const [status = '', pid = '0'] = stdout.trim().split(' ')
  if (status === 'running') expect(await user.ok(['exec', name, 'echo', 'here'])).toBe('here')
  else expect({ status, pid }).toEqual({ status: expect.stringMatching(/^(created|exited)$/), pid: '0' })
  return status
}

/** A loser has a reason, and it is about the container. */
function losesWithReason(...results: Result[]): void {
  // 137: its own program was killed with the container.
  for (const { code, stderr } of results)
    if (code !== 0 && code !== 137)
      expect(stderr).toMatch(
        /Error: .*(No such container|same name|not running|not paused|in use|is running|is paused|stopped while|has ended|cannot|already|being removed|was removed|killed|conflict)/i,
      )
}

const pairs: [string, 'created' | 'running', string[], string[], string[]][] = [
  ['start and rm', 'created', ['start', 'web'], ['rm', 'web'], ['running', 'gone']],
  ['start and rm -f', 'created', ['start', 'web'], ['rm', '-f', 'web'], ['gone']],
  ['start and start', 'created', ['start', 'web'], ['start', 'web'], ['running']],
  [
    'stop and restart',
    'running',
    ['stop', '-t', '1', 'web'],
    ['restart', '-t', '1', 'web'],
    ['exited', 'running'],
  ],
  ['stop and kill', 'running', ['stop', '-t', '1', 'web'], ['kill', 'web'], ['exited']],
  ['stop and stop', 'running', ['stop', '-t', '1', 'web'], ['stop', '-t', '1', 'web'], ['exited']],
  ['cp and rm -f', 'running', ['cp', '/etc/passwd', 'web:/tmp/p'], ['rm', '-f', 'web'], ['gone']],
  ['commit and rm -f', 'running', ['commit', 'web', 'pair:1'], ['rm', '-f', 'web'], ['gone']],
  [
    'commit and exec',
    'running',
    ['commit', 'web', 'pair:1'],
    ['exec', 'web', 'sh', '-c', 'echo x >/x; rm /x'],
    ['running'],
  ],
  ['exec and stop', 'running', ['exec', 'web', 'sleep', '0.05'], ['stop', '-t', '1', 'web'], ['exited']],
  ['pause and stop', 'running', ['pause', 'web'], ['stop', '-t', '1', 'web'], ['exited', 'paused']],
  ['rename and rename', 'running', ['rename', 'web', 'third'], ['rename', 'web', 'other'], ['gone']],
  ['rm -f and rm -f', 'running', ['rm', '-f', 'web'], ['rm', '-f', 'web'], ['gone']],
  [
    'port add and stop',
    'running',
    ['port', 'add', 'web', '127.0.0.1::80'],
    ['stop', '-t', '1', 'web'],
    ['exited'],
  ],
]

test.each(pairs)(
  '%s',
  async (_, state, one, other, ends) => {
    for (let round = 0; round < ROUNDS; round++) {
      const network = one[0] === 'port' ? 'bridge' : 'none'
      await user.sampan(['rm', '-f', 'web', 'other', 'third'])
      await user.ok([
        state === 'created' ? 'create' : 'run',
        ...(state === 'created' ? [] : ['-d']),
        '--name',
        'web',
        '--network',
        network,
        image,
        ...sleep,
      ])
      const first = user.sampan(one)
      await Bun.sleep(round * 6)
      const results = await Promise.all([first, user.sampan(other)])
      losesWithReason(...results)
      const status = await sane('web')
      expect(ends, results.map(({ code, stderr }) => `${code} ${stderr}`).join('; ')).toContain(status)
      await user.sampan(['rm', '-f', 'web'])
      await user.sampan(['rm', '-f', 'other'])
    }
  },
  120_000,
)

test('rename to a name that is being created: one has it', async () => {
  await user.ok(['create', '--name', 'old', '--network', 'none', image])
  for (let round = 0; round < ROUNDS; round++) {
    const [renamed, created] = await Promise.all([
      user.sampan(['rename', 'old', 'wanted']),
      user.sampan(['create', '--name', 'wanted', '--network', 'none', image]),
    ])
    expect([renamed.code === 0, created.code === 0].filter(Boolean)).toHaveLength(1)
    losesWithReason(renamed, created)
    expect((await user.ok(['ps', '-a', '--format', '{{.Names}}', '-f', 'name=^wanted$'])).trim()).toBe(
      'wanted',
    )
    if (renamed.code === 0) await user.ok(['rename', 'wanted', 'old'])
    else await user.ok(['rm', 'wanted'])
  }
})

/** Every two of these, on a container that runs: `NAME` stands for it. */
const commands: string[][] = [
  ['start', 'NAME'],
  ['stop', '-t', '1', 'NAME'],
  ['restart', '-t', '1', 'NAME'],
  ['kill', 'NAME'],
  ['pause', 'NAME'],
  ['unpause', 'NAME'],
  ['rename', 'NAME', 'NAME-new'],
  ['update', '--restart', 'on-failure', 'NAME'],
  ['cp', '/etc/passwd', 'NAME:/tmp/p'],
  ['cp', 'NAME:/etc/passwd', '-'],
  ['commit', 'NAME', 'NAME:1'],
  ['exec', 'NAME', 'true'],
  ['export', '-o', '/dev/null', 'NAME'],
  ['rm', '-f', 'NAME'],
]

test('every pair of commands on one container', async () => {
  const all = commands.flatMap((one, at) => commands.slice(at).map((other) => [one, other] as const))
  const left = all.map((pair, at) => [`pair${at}`, ...pair] as const)
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, one, other] = next
      await user.ok(['run', '-d', '--name', name, '--network', 'none', image, ...sleep])
      const [first, second] = [one, other].map((words) =>
        user.sampan(words.map((word) => word.replace('NAME', name))),
      )
      const results = await Promise.all([first, second] as Promise<Result>[])
      const story = `${one.join(' ')} & ${other.join(' ')}: ${results.map(({ code, stderr }) => `${code} ${stderr}`).join('; ')}`
      expect(() => losesWithReason(...results), story).not.toThrow()
      await user.sampan(['unpause', name, `${name}-new`])
      const ends = [await sane(name), await sane(`${name}-new`)]
      const there = ends.filter((end) => end !== 'gone').length
      const removed = [one, other].some(([word], at) => word === 'rm' && results[at]?.code === 0)
      // Under one name, or under none. `rm -f` of a name that was being given away may have met nothing.
      if (removed) expect(there, story).toBeLessThanOrEqual(1)
      else expect(there, story).toBe(1)
      await user.sampan(['rm', '-f', '-i', name, `${name}-new`])
      await user.sampan(['rmi', '-f', `${name}:1`])
    }
  }
  await Promise.all([lane(), lane(), lane()])
  expect(await user.ok(['ps', '-aq', '-f', 'name=pair'])).toBe('')
}, 300_000)
