/** The most memory a command and everything it started took together. */
import { readdirSync, readFileSync } from 'node:fs'

/** Proportional memory (PSS) in kB at the worst of many moments, 20 ms apart. Undefined where /proc does not say. */
export async function peakMemory(argv: readonly string[]): Promise<number | undefined> {
  const child = Bun.spawn([...argv], { stdout: 'ignore', stderr: 'ignore' })
  let running = true
  const code = child.exited.finally(() => {
    running = false
  })
  let peak = 0
  while (running) {
    peak = Math.max(peak, sumOf(familyOf(child.pid)))
    await Bun.sleep(20)
  }
  if ((await code) !== 0) throw new Error(`${argv.join(' ')} exited ${await code}`)
  return peak === 0 ? undefined : peak
}

function familyOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(
      read(`/proc/${name}/stat`)
        ?.replace(/^.*\) . /s, '')
        .split(' ')[0],
    )
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const family = [root]
  for (const pid of family) family.push(...(children.get(pid) ?? []))
  return family
}

function sumOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const rollup = read(`/proc/${pid}/smaps_rollup`) ?? ''
    return sum + Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
  }, 0)
}

/** Undefined for a process that has gone. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
