/**
 * Random commands from eight workers on the same few containers, volumes, networks and images; one in eight is killed
 * half-way, and now and then so is one of our own processes behind a container. Every command ends in time, and in a
 * sentence where it fails. Afterwards an oracle compares what the tool says with what the kernel has, and takes
 * everything away.
 *
 * SAMPAN_TORTURE_SECONDS (60) is how long, SAMPAN_TORTURE_SEED repeats the dice of a run (not the scheduler's).
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { busybox } from '../support/images.ts'
import { processesOf } from '../support/leaks.ts'
import { eventually } from '../support/process.ts'
import { testUser } from '../support/user.ts'
import { anyCommand, Dice } from './commands.ts'

const WORKERS = 8
const seconds = Number(process.env['SAMPAN_TORTURE_SECONDS'] ?? 60)
const seed = Number(process.env['SAMPAN_TORTURE_SEED'] ?? Date.now() % 1_000_000)

const user = testUser()
const image = busybox(user)
const lines = (text: string) => text.split('\n').filter((line) => line !== '')

/** What no command may ever print: the marks of a fault in our own code. */
const FAULT =
  /internal error|TypeError|ReferenceError|RangeError|SyntaxError|^\s+at \S+ \(|Bun v|Segmentation|panic/m

test(
  `${seconds} s of random commands and kills, seed ${seed}`,
  async () => {
    const folder = user.makeFolder('files')
    const until = performance.now() + seconds * 1000
    const complaints: string[] = []
    let done = 0
    const worker = async (dice: Dice) => {
      while (performance.now() < until) {
        const words = anyCommand(dice, image, folder)
        const killed = dice.number(8) < 1
        const running = user.start(words)
        if (killed) {
          await Bun.sleep(dice.number(80))
          running.signal('SIGKILL')
        }
        const code = await running.exited(60_000)
        const said = running.soFar.stderr
        // 137: the program was killed, or the helper that this command had become.
        if (FAULT.test(said) || (!killed && code !== 0 && code !== 137 && said === ''))
          complaints.push(`${words.join(' ')}: ${code}: ${said}`)
        done += 1
      }
    }
    const reaper = async (dice: Dice) => {
      while (performance.now() < until) {
        await Bun.sleep(1500)
        const ours = helpers()
        if (ours.length > 0) kill(dice.of(ours))
      }
    }
    await Promise.all([
      ...Array.from({ length: WORKERS }, (_, n) => worker(new Dice(seed + n))),
      reaper(new Dice(seed + WORKERS)),
    ])
    console.log(`${done} commands`)
    expect(complaints).toEqual([])
    expect(done).toBeGreaterThan(seconds)

    await statesAreTrue()
    // What a killed commit or rm left is found, mended, and then all is well.
    await user.ok(['system', 'check', '--repair'])
    expect((await user.sampan(['system', 'check'])).code).toBe(0)
    expect(await user.ok(['run', '--rm', '--network', 'bridge', image, 'echo', 'works'])).toBe('works')
    await everythingGoes()
  },
  (seconds + 300) * 1000,
)

/** Our own processes behind containers: monitors, keepers, slirp. Not the commands' own. */
function helpers(): number[] {
  return processesOf([user.folder, user.runtime])
    .filter(({ command }) => /sampan-helper|slirp4netns|pasta/.test(command))
    .map(({ pid }) => pid)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

/** What runs according to `ps` has a process; what does not has none. */
async function statesAreTrue(): Promise<void> {
  for (const name of lines(await user.ok(['ps', '-a', '--format', '{{.Names}}']))) {
    await eventually(`${name} is what it says`, 30_000, async () => {
      const [state, pid] = (await user.ok(['inspect', '-f', '{{.State.Status}} {{.State.Pid}}', name])).split(
        ' ',
      )
      if (state === 'running') expect(await user.ok(['exec', name, 'echo', 'here'])).toBe('here')
      else if (state === 'paused') await user.ok(['unpause', name])
      else
        expect({ state, pid }).toEqual({ state: expect.stringMatching(/^(created|exited|dead)$/), pid: '0' })
    })
  }
}

async function everythingGoes(): Promise<void> {
  await user.ok(['rm', '-f', '-v', '-a'], { timeout: 120_000 })
  await user.ok(['network', 'prune', '-f'])
  await user.ok(['volume', 'prune', '-a', '-f'])
  await user.ok(['rmi', '-f', '-a'])
  expect(await user.ok(['ps', '-aq'])).toBe('')
  expect(await user.ok(['images', '-aq'])).toBe('')
  expect(await user.ok(['volume', 'ls', '-q'])).toBe('')
  expect(
    lines(await user.ok(['network', 'ls', '--format', '{{.Name}}'])).filter((name) => /^n\d/.test(name)),
  ).toEqual([])
  await eventually('nobody holds a lock', 15_000, async () => expect(await locks()).toEqual([]))
  expect(await user.leftovers()).toEqual([])
}

/** Locks of the kernel (proc_locks(5)) that processes of ours hold on files; the keeper's own is no container's. */
async function locks(): Promise<string[]> {
  const ours = new Set(
    processesOf([user.folder, user.runtime])
      .filter(({ command }) => !/ (keep|net-keeper) /.test(command))
      .map(({ pid }) => pid),
  )
  return lines(readFileSync('/proc/locks', 'utf8')).filter((line) => ours.has(Number(line.split(/\s+/)[4])))
}
