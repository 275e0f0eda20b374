/** Around all integration tests: the machine is ready before the first, and nothing is left after the last. */
import { existsSync } from 'node:fs'
import { makeImages } from './images.ts'
import { processesOf } from './leaks.ts'
import { executable, runMark } from './user.ts'

/** Says what is missing once, instead of in every test, and marks what belongs to this run. */
export async function setup(): Promise<void> {
  if (!existsSync(executable)) throw new Error(`no ${executable}: run scripts/setup test`)
  process.env['SAMPAN_TEST_RUN'] = `${process.pid.toString(36)}${Math.random().toString(36).slice(2, 5)}`
  await makeImages()
}

/** Keepers end by themselves 5 s after their last container: whoever is left was forgotten by somebody. */
export async function teardown(): Promise<void> {
  const deadline = performance.now() + 10_000
  let left = processesOf([runMark()])
  while (left.length > 0 && performance.now() < deadline) {
    await Bun.sleep(200)
    left = processesOf([runMark()])
  }
  const lines = left.map(({ pid, command, why }) => `  process ${pid} (${why}): ${command}`)
  if (left.length > 0) throw new Error(`left after all tests:\n${lines.join('\n')}`)
}
