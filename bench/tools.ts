/** The two tools under measurement, and the story each is taken through. Their command lines are the same. */
import type { Cost, Meter } from './meter.ts'

export interface Tool {
  readonly name: 'sampan' | 'podman'
  readonly argv: readonly string[]
  readonly meter: Meter
}

export type Costs = Map<string, Cost[]>

export const call = (tool: Tool, ...args: string[]) => tool.meter.ok([...tool.argv, ...args])

/** Podman's `rm -f` first waits ten seconds for programs that ignore SIGTERM, as Docker's and ours do not. */
export const removeNow = (tool: Tool, ...names: string[]) =>
  call(tool, 'rm', '-f', ...(tool.name === 'podman' ? ['-t', '0'] : []), ...names)

/** The short commands of one round, in the order of a container's life. */
export async function life(
  tool: Tool,
  image: string,
  note: (figure: string, cost: Cost) => void,
): Promise<void> {
  const none = ['--network', 'none']
  note('--version', await call(tool, '--version'))
  note('run --rm', await call(tool, 'run', '--rm', ...none, image, 'true'))
  note('run -d', await call(tool, 'run', '-d', '--name', 'one', ...none, image, 'sleep', '600'))
  note('exec', await call(tool, 'exec', 'one', 'true'))
  note('stop -t 0', await call(tool, 'stop', '-t', '0', 'one'))
  await call(tool, 'rm', 'one')
  note('run -d', await call(tool, 'run', '-d', '--name', 'two', ...none, image, 'sleep', '600'))
  note('rm -f', await removeNow(tool, 'two'))
}

/** Twenty started at once, listed while they run, and removed. */
export async function crowd(
  tool: Tool,
  image: string,
  note: (figure: string, cost: Cost) => void,
): Promise<void> {
  const start = [...tool.argv, 'run', '-d', '--network', 'none', '--name', 'crowd-$n', image, 'sleep', '600']
  const script = `for n in $(seq 20); do ${start.map((word) => `"${word}"`).join(' ')} & done; wait`
  note('20 in parallel', await tool.meter.ok(['sh', '-c', script]))
  for (let times = 0; times < 5; times++) note('ps', await call(tool, 'ps'))
  const names = Array.from({ length: 20 }, (_, n) => `crowd-${n + 1}`)
  note('rm -f of 20', await removeNow(tool, ...names))
}

/** Memory of what stays for one detached container, in kB. */
export async function resident(
  tool: Tool,
  image: string,
  flags: readonly string[],
): Promise<number | undefined> {
  await call(tool, 'run', '-d', '--name', 'still', ...flags, image, 'sleep', '600')
  await Bun.sleep(1000)
  const size = await tool.meter.resident()
  await removeNow(tool, 'still')
  return size
}
